import type { Clock } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { AuditPage, AuditQuery, AuditVerification } from '../protocol/accounts.ts';
import { isDataRefusal, type LocalJournal, patiently, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { CHAIN_START, type ChainedEntry, chainHash, toChained } from './audit-chain.ts';
import { appendEntries, findEntries, isStored, readEntriesAfter, readHead } from './audit-store.ts';

/** Entries that may wait in memory for the store; about 10 MB. */
const LONGEST_QUEUE = 10_000;
const LARGEST_BATCH = 200;
const RETRY_PERIOD_MS = 1000;
/** Read and hashed in one turn of the event loop, with what an entry may hold. */
const VERIFY_PAGE = 100;
/** Of these entries in the local journal. */
const LOCAL_KIND = 'audit';
/** What is to be kept goes to the local journal when the store has not taken it after this. */
const KEEP_PATIENCE_MS = 100;

export interface AuditTrail extends Audit {
  /** Takes up what the last run could only keep locally. */
  start(): void;
  /** @throws AppError `audit.unavailable` (503) when an entry couldn't be stored now: nothing may be changed that nobody could trace. */
  requireAvailable(): Promise<void>;
  find(query: AuditQuery): Promise<AuditPage>;
  /** Walks the whole chain. */
  verify(): Promise<AuditVerification>;
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
}

interface Waiting {
  entry: ChainedEntry;
  /** undefined: nobody waits, keep it until the store is back. */
  settle: { resolve(): void; reject(error: unknown): void } | undefined;
  /** Of its copy in the local journal. */
  localId?: string | undefined;
  /** The last run kept it locally, and may have written it as well. */
  isLeft?: boolean;
  /** Resolves when the store has it, or has refused it for good. */
  over: PromiseWithResolvers<void>;
}

/** The audit trail in PostgreSQL. Concurrent entries share one transaction, so that the chain's lock is no bottleneck. */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { store, local, clock, logger } = options;
  const queue: Waiting[] = [];
  let underway = 0;
  let writing: Promise<void> | undefined;
  let retry: { cancel(): void } | undefined;
  let delayed = false;
  let closed = false;

  function setDelayed(now: boolean): void {
    if (delayed === now) return;
    delayed = now;
    const words = now
      ? {
          vi: 'Nhật ký kiểm toán chưa ghi được vào cơ sở dữ liệu; các mục đang chờ trong bộ nhớ.',
          en: 'The audit trail can’t be written to the database; its entries wait in memory.',
        }
      : {
          vi: 'Nhật ký kiểm toán có lúc không ghi được vào cơ sở dữ liệu; các mục đã chờ nay được ghi.',
          en: 'The audit trail could not be written to the database for a while; the entries that waited are written now.',
        };
    options.events?.emit('system.condition', { code: 'audit.delayed', state: now ? 'raised' : 'cleared', ...words });
  }

  function write(): Promise<void> {
    writing ??= drain().finally(() => {
      writing = undefined;
      underway = 0;
      // What came between the last look at the queue and now.
      if (queue.length > 0 && !retry && !closed) void write();
    });
    return writing;
  }

  async function drain(): Promise<void> {
    let singly = 0;
    while (queue.length > 0) {
      const batch = queue.splice(0, singly > 0 ? 1 : LARGEST_BATCH);
      singly = Math.max(0, singly - 1);
      underway = batch.length;
      try {
        await append(batch);
        for (const written of batch) end(written);
        for (const { settle } of batch) settle?.resolve();
        // What has come meanwhile waits for its turn, not for the store.
        setDelayed(false);
      } catch (error) {
        if (batch.length > 1 && isDataRefusal(error)) {
          // One entry that the store refuses must not take the others with it.
          singly = batch.length;
          queue.unshift(...batch);
          continue;
        }
        for (const { settle } of batch) settle?.reject(error);
        const kept = batch.filter(({ settle }) => !settle);
        if (kept.length > 0 && isDataRefusal(error)) {
          logger.error({ entries: kept.map(({ entry }) => entry), error: errorText(error) }, 'audit entries were refused by the store');
          for (const refused of kept) end(refused);
        } else {
          queue.unshift(...kept);
        }
        if (queue.every(({ settle }) => !settle)) {
          setDelayed(queue.length > 0);
          tryLater();
          return;
        }
      }
    }
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    const missing: ChainedEntry[] = [];
    for (const { entry, isLeft } of batch) if (!isLeft || !(await isStored(store.db, entry))) missing.push(entry);
    if (missing.length > 0) await appendEntries(store.db, missing, clock.nowMs());
  }

  /** Nothing more will be done about it. */
  function end(waiting: Waiting): void {
    waiting.over.resolve();
    if (waiting.localId !== undefined) local.settle([waiting.localId]);
    waiting.localId = undefined;
  }

  /** Where the store does not take it in time, the disk has it. */
  async function keep(waiting: Waiting): Promise<void> {
    let isOver = false;
    void waiting.over.promise.then(() => {
      isOver = true;
    });
    const patienceMs = delayed || !store.isPrompt() ? 0 : KEEP_PATIENCE_MS;
    await patiently(waiting.over.promise, patienceMs, clock).catch(() => undefined);
    if (isOver) return;
    waiting.localId = await local.append(LOCAL_KIND, waiting.entry, { isVital: false });
    if (isOver) end(waiting);
  }

  function tryLater(): void {
    if (queue.length === 0 || retry || closed) return;
    retry = clock.after('audit retry', RETRY_PERIOD_MS, () => {
      retry = undefined;
      void write();
    });
  }

  return {
    start() {
      for (const { id, value } of local.left(LOCAL_KIND)) {
        queue.push({
          entry: value as ChainedEntry,
          settle: undefined,
          localId: id,
          isLeft: true,
          over: Promise.withResolvers<void>(),
        });
      }
      if (queue.length > 0) void write();
    },
    record(entry: AuditEntry, { whenPossible = false, keep: toKeep = false } = {}) {
      const chained = toChained(entry, clock.nowMs());
      const over = Promise.withResolvers<void>();
      if (!whenPossible) {
        return new Promise((resolve, reject) => {
          queue.push({ entry: chained, settle: { resolve, reject }, over });
          void write();
        });
      }
      const waiting: Waiting = { entry: chained, settle: undefined, over };
      if (queue.length >= LONGEST_QUEUE) logger.error({ entry: chained }, 'the audit queue is full; this entry is only in the log');
      else queue.push(waiting);
      if (!retry) void write();
      return toKeep ? keep(waiting) : Promise.resolve();
    },
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
    verify: () => verifyChain(store),
    waiting: () => queue.length + underway,
    async close() {
      closed = true;
      retry?.cancel();
      retry = undefined;
      await writing;
      if (queue.length > 0) await write();
      // The next run takes up what the disk has.
      await Promise.all(
        queue.map(async (waiting) => {
          waiting.localId ??= await local.append(LOCAL_KIND, waiting.entry, { isVital: false });
        }),
      );
      if (queue.some(({ localId }) => localId === undefined)) {
        logger.error({ entries: queue.map(({ entry }) => entry) }, 'the store did not come back: these audit entries are only in the log');
      }
    },
  };
}

async function verifyChain(store: Store): Promise<AuditVerification> {
  // Read first: entries that come during the walk lie behind it.
  const head = await readHead(store.db);
  let previousHash = CHAIN_START;
  let checkedEntries = 0;
  let lastId = 0;
  let headSeen = head.hash === CHAIN_START;
  for (;;) {
    const page = await readEntriesAfter(store.db, lastId, VERIFY_PAGE);
    for (const { id, previousHash: claimed, hash, ...entry } of page) {
      const broken = hash !== chainHash(claimed, entry) ? 'altered' : claimed !== previousHash ? 'removed' : undefined;
      if (broken) return { intact: false, checkedEntries, firstBroken: { id, reason: broken }, headHash: head.hash };
      previousHash = hash;
      headSeen ||= hash === head.hash;
      checkedEntries += 1;
      lastId = id;
    }
    if (page.length < VERIFY_PAGE) break;
  }
  if (!headSeen || checkedEntries < head.entries) {
    return { intact: false, checkedEntries, firstBroken: { id: null, reason: 'truncated' }, headHash: head.hash };
  }
  return { intact: true, checkedEntries, firstBroken: null, headHash: previousHash };
}
