import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { type Database, patiently } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { CHAIN_START } from './audit-chain.ts';
import { brokenSealCondition, firstSealCondition, lostEntriesCondition, unsealedCondition } from './audit-seal-conditions.ts';
import type { FoundSeal, SealedState, SealFile } from './audit-seal-file.ts';
import { type ChainHead, findByHash, hashOf, readEntriesAfter, readHead } from './audit-store.ts';

const CLOSE_PATIENCE_MS = 3000;
const RETRY_MS = 10_000;
/** Read and hashed in one turn of the event loop. */
const PAGE = 100;

/** Why the trail is not the one that was sealed. */
export type Breach = 'no_key' | 'no_seal' | 'head_missing' | 'other_entries';

interface SealDeps {
  file: SealFile;
  db: () => Database;
  clock: Clock;
  logger: Logger;
  events?: Events | undefined;
}

/** Holds the head of the trail outside the database, and compares: at the start, at every entry, and when the trail is verified. */
export class AuditSeal {
  readonly #deps: SealDeps;
  #found: FoundSeal | undefined;
  #state: SealedState | undefined;
  /** Newest entries that the database may show; several after an answer that was lost. */
  #expected = new Set<string>();
  #checking: Promise<void> | undefined;
  #isDirty = false;
  /** The disk has not what it should have. */
  #isUnsealed = false;
  #writing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(deps: SealDeps) {
    this.#deps = deps;
  }

  /** Of entries that were acknowledged and are gone for good. */
  get lost(): number {
    return this.#state?.lost ?? 0;
  }

  get breach(): SealedState['breach'] {
    return this.#state?.breach ?? null;
  }

  get head(): ChainHead | undefined {
    return this.#state;
  }

  /** Once: compares with what the last run sealed. @throws what the store throws when it is away; then it is done at the next call */
  check(): Promise<void> {
    this.#checking ??= this.#check().then(
      (isDone) => {
        // The disk gave nothing: again with the next entry.
        if (!isDone) this.#checking = undefined;
      },
      (error: unknown) => {
        this.#checking = undefined;
        throw error;
      },
    );
    return this.#checking;
  }

  /** @returns whether the disk gave what is needed for it */
  async #check(): Promise<boolean> {
    const { file, db, logger, events, clock } = this.#deps;
    try {
      this.#found ??= await file.open();
    } catch (error) {
      logger.error(
        { error: errorText(error) },
        'the audit trail can’t be sealed outside the database: the disk gives neither key nor seal',
      );
      this.#setUnsealed(true);
      this.#retryLater(() => void this.check().catch(() => undefined));
      return false;
    }
    const head = await readHead(db());
    const sealed = this.#found.kind === 'sealed' ? this.#found.state : undefined;
    const state: SealedState = { ...(sealed ?? { unkept: 0, lost: 0, breach: null }), hash: head.hash, entries: head.entries };
    this.#state = state;
    if (sealed) {
      if (sealed.breach) events?.emit('system.condition', brokenSealCondition(sealed.breach));
      if (sealed.unkept > 0) Object.assign(state, { lost: sealed.lost + sealed.unkept, unkept: 0 });
      const end = await this.#endOf(sealed);
      if (end === undefined) this.break('head_missing', sealed);
      else if (end !== head.hash) this.break('other_entries', sealed);
    } else if (this.#found.kind === 'no_key') this.break('no_key', head);
    else if (this.#found.kind === 'no_seal') {
      if (head.entries > 0) this.break('no_seal', head);
    } else if (head.entries > 0) events?.emit('system.condition', firstSealCondition(head.entries, clock.nowMs()));
    if (state.lost > (state.knownLost ?? 0)) events?.emit('system.condition', lostEntriesCondition(state.lost));
    this.#expected = new Set([head.hash]);
    this.#save();
    return true;
  }

  /** Follows the chain from a sealed head; a run that was killed may have sealed less than it wrote. @returns the newest hash; undefined when the head is not there */
  async #endOf(sealed: ChainHead): Promise<string | undefined> {
    const db = this.#deps.db();
    let hash = sealed.hash;
    let lastId = -1;
    if (hash !== CHAIN_START) {
      const row = await findByHash(db, hash);
      if (!row || hashOf(row) !== hash) return undefined;
      lastId = row.id;
    }
    for (;;) {
      const page = await readEntriesAfter(db, lastId, PAGE);
      for (const entry of page) {
        if (entry.previousHash !== hash || hashOf(entry) !== entry.hash) return '';
        hash = entry.hash;
        lastId = entry.id;
      }
      if (page.length < PAGE) return hash;
    }
  }

  /** Before a batch is committed: what it follows, and what will be the head. */
  follows(previousHash: string, head: ChainHead): void {
    if (!this.#state) return;
    if (!this.#expected.has(previousHash)) {
      this.break('other_entries', this.#state);
      this.#expected = new Set([previousHash]);
    }
    this.#expected.add(head.hash);
  }

  /** It is committed. */
  committed({ hash, entries }: ChainHead): void {
    if (!this.#state) return;
    this.#expected = new Set([hash]);
    Object.assign(this.#state, { hash, entries });
    this.#save();
  }

  /** So many are only in memory now. */
  unkept(count: number): void {
    if (!this.#state || this.#state.unkept === count) return;
    this.#state.unkept = count;
    this.#save();
  }

  /** What is written into the seal stays there: the first time counts. */
  break(why: Breach, { hash, entries }: ChainHead): void {
    if (!this.#state || this.#state.breach) return;
    const { clock, logger, events } = this.#deps;
    this.#state.breach = { atMs: clock.nowMs(), why, hash, entries };
    logger.error(this.#state.breach, 'the audit trail is not the one that was sealed');
    events?.emit('system.condition', brokenSealCondition(this.#state.breach));
    this.#save();
  }

  /** What is broken now has been named in the trail, which is sealed from here on: the next breach is a new one. Resolves when the disk has it, or does not take it. */
  async acknowledge(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    Object.assign(state, { breach: null, knownLost: state.lost });
    for (const code of ['audit.seal_broken', 'audit.entries_lost'])
      this.#deps.events?.emit('system.condition', { code, state: 'lapsed', vi: '', en: '' });
    this.#save();
    await this.#writing;
  }

  async close(): Promise<void> {
    const { clock } = this.#deps;
    await patiently(this.#writing ?? Promise.resolve(), CLOSE_PATIENCE_MS, clock).catch(() => undefined);
    this.#isClosed = true;
    this.#retry?.cancel();
  }

  #save(): void {
    this.#isDirty = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      this.#retry?.cancel();
      if (this.#isDirty) this.#retryLater(() => this.#save());
    });
  }

  #retryLater(task: () => void): void {
    this.#retry?.cancel();
    if (!this.#isClosed) this.#retry = this.#deps.clock.after('audit seal', RETRY_MS, task);
  }

  #setUnsealed(isUnsealed: boolean): void {
    if (this.#isUnsealed === isUnsealed) return;
    this.#isUnsealed = isUnsealed;
    this.#deps.events?.emit('system.condition', unsealedCondition(isUnsealed));
  }

  async #write(): Promise<void> {
    while (this.#isDirty && this.#state) {
      this.#isDirty = false;
      try {
        await this.#deps.file.write(this.#state);
        this.#setUnsealed(false);
      } catch (error) {
        this.#isDirty = true;
        this.#setUnsealed(true);
        this.#deps.logger.error({ error: errorText(error) }, 'the head of the audit trail can’t be sealed now');
        return;
      }
    }
  }
}
