import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { AppEvents, Events } from '../events.ts';
import type { AuditPage, AuditQuery, AuditVerification } from '../protocol/accounts.ts';
import { BoundedQueue, type LocalJournal, Outbox, patiently, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Audit, type AuditEntry, entryBy } from './audit.ts';
import { type ChainedEntry, toChained } from './audit-chain.ts';
import { AuditSeal } from './audit-seal.ts';
import { createSealFile } from './audit-seal-file.ts';
import { appendEntries, findEntries, isStored } from './audit-store.ts';
import { ACKNOWLEDGED, acknowledgement, walkChain } from './audit-verification.ts';

/** Entries that may wait in memory for the store; about 10 MB. */
const LONGEST_QUEUE = 10_000;
const LARGEST_BATCH = 200;
const CLOSE_PATIENCE_MS = 3000;
/** Of these entries in the local journal. */
const LOCAL_KIND = 'audit';
const START_PATIENCE_MS = 2000;
/** What is to be kept goes to the local journal when the store has not taken it after this. */
const KEEP_PATIENCE_MS = 100;

export interface AuditTrail extends Audit {
  /** Takes up what the last run could only keep locally, and compares the trail with its seal. */
  start(): Promise<void>;
  /** @throws AppError `audit.unavailable` (503) when an entry couldn't be stored now: nothing may be changed that nobody could trace. */
  requireAvailable(): Promise<void>;
  find(query: AuditQuery): Promise<AuditPage>;
  /** Walks the whole chain. */
  verify(): Promise<AuditVerification>;
  /** What the store refused once, behind the newest entry and with its own instant; twice is once. @throws what the store throws */
  putBack(entry: ChainedEntry): Promise<void>;
  /**
   * Somebody knows of what is broken and goes on: an entry names each gap with the hashes that were expected and found. Whatever is broken later shows.
   * @throws AppError `audit.nothing_broken` (409)
   */
  acknowledge(why: string, by: string): Promise<AuditVerification>;
  /** Entries that wait for the store. */
  waiting(): number;
  /** Stores what waits, if the store answers. */
  close(): Promise<void>;
}

interface AuditTrailOptions {
  store: Store;
  local: LocalJournal;
  clock: Clock;
  logger: Logger;
  events?: Events;
  /** Where key and seal are; without one the trail is not sealed. */
  dataDir?: string;
}

interface Waiting {
  entry: ChainedEntry;
  /** undefined: nobody waits, keep it until the store is back. */
  settle: { resolve(): void; reject(error: unknown): void } | undefined;
  /** Of its copy in the local journal. */
  localId?: string | undefined;
  /** It may have been written already: by the last run, which kept it locally as well, or by an attempt whose answer was lost. */
  isDoubtful?: boolean;
  isKeeping?: boolean;
  isOver?: boolean;
  /** Resolves when the store has it, or has refused it for good. */
  over: PromiseWithResolvers<void>;
}

/** The audit trail in PostgreSQL. Concurrent entries share one transaction, so that the chain's lock is no bottleneck. */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { store, local, clock, logger } = options;
  const queue = new BoundedQueue<Waiting>({ most: LONGEST_QUEUE, batch: LARGEST_BATCH });
  const outbox = new Outbox<Waiting>({
    name: LOCAL_KIND,
    gatherMs: 0,
    ...{ clock, logger, queue, quarantine: store.quarantine },
    write: append,
    onWritten(written) {
      for (const waiting of written) end(waiting);
      for (const { settle } of written) settle?.resolve();
    },
    onSetAside({ entry: waiting, error }) {
      end(waiting);
      waiting.settle?.reject(error);
      // Whoever asked was told that it failed, and changed nothing.
      return waiting.settle ? undefined : waiting.entry;
    },
    giveBack(waiting, _failure, error) {
      const { settle } = waiting;
      settle?.reject(error);
      // A connection that was lost at the commit does not say whether it is there.
      waiting.isDoubtful = true;
      if (!settle) {
        setDelayed(true);
        // One that the disk did not take waits for the store, which comes back with the disk.
        if (!unkept.has(waiting)) void keepLocally(waiting);
      }
      return settle !== undefined;
    },
    onFailure: (failure) => setDelayed(failure !== undefined && delayed),
  });
  const seal = options.dataDir
    ? new AuditSeal({ file: createSealFile(options.dataDir), db: () => store.db, clock, logger, events: options.events })
    : undefined;
  /** Acknowledged, and only in memory. */
  const unkept = new Set<Waiting>();
  let delayed = false;

  function setDelayed(now: boolean): void {
    if (delayed === now) return;
    delayed = now;
    options.events?.emit('system.condition', delayedCondition(now));
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    const missing: ChainedEntry[] = [];
    for (const { entry, isDoubtful } of batch) if (!isDoubtful || !(await isStored(store.db, entry))) missing.push(entry);
    if (missing.length === 0) return;
    await seal?.check();
    const head = await appendEntries(store.db, missing, clock.nowMs(), (previousHash, next) => seal?.follows(previousHash, next));
    seal?.committed(head);
  }

  function setUnkept(waiting: Waiting, isUnkept: boolean): void {
    if (isUnkept) unkept.add(waiting);
    else unkept.delete(waiting);
    seal?.unkept(unkept.size);
  }

  /** On the disk, or counted in the seal: a run that is killed then is found to have lost it. */
  async function keepLocally(waiting: Waiting): Promise<void> {
    if (waiting.isKeeping || waiting.localId !== undefined || waiting.isOver) return;
    waiting.isKeeping = true;
    waiting.localId = await local.append(LOCAL_KIND, waiting.entry, { isVital: false });
    waiting.isKeeping = false;
    if (waiting.isOver) end(waiting);
    else setUnkept(waiting, waiting.localId === undefined);
  }

  /** Nothing more will be done about it. */
  function end(waiting: Waiting): void {
    waiting.isOver = true;
    waiting.over.resolve();
    if (unkept.has(waiting)) setUnkept(waiting, false);
    if (waiting.localId !== undefined) local.settle([waiting.localId]);
    waiting.localId = undefined;
  }

  function add(waiting: Waiting): void {
    const givenUp = queue.add(waiting);
    outbox.added();
    if (!givenUp) return;
    givenUp.settle?.reject(new Error('the audit queue is full'));
    if (givenUp.settle || givenUp.localId !== undefined) return;
    store.quarantine.keep({ from: LOCAL_KIND, failure: outbox.failure ?? 'away', reason: 'too many wait', value: givenUp.entry });
  }

  /** Where the store does not take it in time, the disk has it. */
  async function keep(waiting: Waiting): Promise<void> {
    const patienceMs = outbox.failure || !store.isPrompt() ? 0 : KEEP_PATIENCE_MS;
    await patiently(waiting.over.promise, patienceMs, clock).catch(() => undefined);
    await keepLocally(waiting);
  }

  const verify = async (): Promise<AuditVerification> => (await walkChain(store, seal, unkept.size)).verification;

  const trail: AuditTrail = {
    async start() {
      for (const { id, value } of local.left(LOCAL_KIND)) {
        add({ entry: value as ChainedEntry, settle: undefined, localId: id, isDoubtful: true, over: Promise.withResolvers<void>() });
      }
      // A store that hangs keeps nothing from starting: it is done before the next entry.
      await patiently(seal?.check() ?? Promise.resolve(), START_PATIENCE_MS, clock).catch(() => undefined);
    },
    record(entry: AuditEntry, { whenPossible = false, keep: toKeep = false } = {}) {
      const chained = toChained(entry, clock.nowMs());
      const over = Promise.withResolvers<void>();
      if (!whenPossible) {
        return new Promise((resolve, reject) => {
          add({ entry: chained, settle: { resolve, reject }, over });
          // Whoever waits hears at once whether it can be stored.
          void outbox.flush();
        });
      }
      const waiting: Waiting = { entry: chained, settle: undefined, over };
      add(waiting);
      if (toKeep) return keep(waiting);
      if (outbox.failure) void keepLocally(waiting);
      return Promise.resolve();
    },
    putBack: (entry) =>
      new Promise((resolve, reject) => {
        add({ entry, settle: { resolve, reject }, isDoubtful: true, over: Promise.withResolvers<void>() });
        void outbox.flush();
      }),
    async requireAvailable() {
      if (await store.isHealthy()) return;
      throw new AppError({
        code: 'audit.unavailable',
        status: 503,
        words: {
          vi: 'Cơ sở dữ liệu chưa sẵn sàng nên không ghi được nhật ký; thay đổi này chưa được thực hiện. Hãy thử lại sau ít giây. (Dừng phát và phát khẩn cấp vẫn dùng được.)',
          en: 'The database isn’t ready, so the audit trail can’t be written; nothing was changed. Try again in a few seconds. (Stopping and emergencies still work.)',
        },
      });
    },
    find: (query) => findEntries(store.db, query),
    verify,
    async acknowledge(why, by) {
      const { open } = await walkChain(store, seal, unkept.size);
      if (open.length === 0) throw nothingBroken();
      await trail.record({
        ...entryBy({ userId: null, displayName: by }),
        action: ACKNOWLEDGED,
        target: 'audit',
        detail: acknowledgement(open, why),
      });
      await seal?.acknowledge();
      return verify();
    },
    waiting: () => queue.length + outbox.underWay.length,
    async close() {
      if (await outbox.close(CLOSE_PATIENCE_MS)) return seal?.close();
      // The next run takes up what the disk has.
      const left = [...outbox.underWay, ...queue.entries()].filter(({ settle }) => !settle);
      await Promise.all(
        left.map(async (waiting) => {
          waiting.localId ??= await local.append(LOCAL_KIND, waiting.entry, { isVital: true });
        }),
      );
      for (const waiting of left) setUnkept(waiting, waiting.localId === undefined);
      await seal?.close();
      const lost = left.filter(({ localId }) => localId === undefined).map(({ entry }) => entry);
      if (lost.length > 0) logger.error({ entries: lost }, 'the store did not come back: these audit entries are only in the log');
    },
  };
  return trail;
}

function nothingBroken(): AppError {
  return new AppError({
    code: 'audit.nothing_broken',
    status: 409,
    words: {
      vi: 'Nhật ký kiểm toán còn nguyên vẹn, hoặc mọi chỗ đứt đã được xác nhận: không có gì để xác nhận.',
      en: 'The audit trail is intact, or all that is broken was acknowledged: there is nothing to acknowledge.',
    },
  });
}

function delayedCondition(isDelayed: boolean): AppEvents['system.condition'] {
  const words = isDelayed
    ? {
        vi: 'Nhật ký kiểm toán chưa ghi được vào cơ sở dữ liệu; các mục đang chờ trong bộ nhớ.',
        en: 'The audit trail can’t be written to the database; its entries wait in memory.',
      }
    : {
        vi: 'Nhật ký kiểm toán có lúc không ghi được vào cơ sở dữ liệu; các mục đã chờ nay được ghi.',
        en: 'The audit trail could not be written to the database for a while; the entries that waited are written now.',
      };
  return { code: 'audit.delayed', state: isDelayed ? 'raised' : 'cleared', ...words };
}
