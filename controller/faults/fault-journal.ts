import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import type { FaultCode, FaultSeverity } from '../protocol/speaker-state.ts';
import { type Store, schema, WriteBehind } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';

const FLUSH_PERIOD_MS = 500;
/** What waits at most while the store is away; after that the oldest is given up, with a log line. */
const LONGEST_QUEUE = 20_000;

export interface RaisedFault {
  faultId: string;
  speakerId: SpeakerId;
  clusterId: ClusterId;
  code: FaultCode;
  severity: FaultSeverity;
  raisedAtMs: number;
  evidence: Record<string, unknown>;
}

interface ClearedFault {
  faultId: string;
  clearedAtMs: number;
  evidence: Record<string, unknown>;
}

export type Change = { raised: RaisedFault } | { cleared: ClearedFault };

interface JournalOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** A change of a fault will never be in the history. */
  onLost(): void;
}

/** Writes raised and cleared faults in order and in batches; waits for a store that is away. Writing twice changes nothing. */
export class FaultJournal {
  readonly #changes: WriteBehind<Change>;

  constructor(options: JournalOptions) {
    this.#changes = new WriteBehind({
      name: 'faults',
      flushPeriodMs: FLUSH_PERIOD_MS,
      longestQueue: LONGEST_QUEUE,
      clock: options.clock,
      logger: options.logger,
      quarantine: options.store.quarantine,
      write: (changes) => writeFaults(options.store, changes),
      onGivenUp: () => {
        options.logger.error('a fault’s history was given up: the database has been away for too long');
        options.onLost();
      },
      onRefused: () => options.onLost(),
    });
  }

  close(): Promise<void> {
    return this.#changes.close();
  }

  record(change: Change): void {
    this.#changes.record(change);
  }

  /** Resolves when what waited has been tried. Never rejects. */
  flush(): Promise<void> {
    return this.#changes.flush();
  }
}

/** Twice is once. */
export async function writeFaults(store: Store, changes: readonly Change[]): Promise<void> {
  // A fault is raised before it is cleared, and gets a new id when it comes again: raises first keeps the order.
  await insert(
    store,
    changes.flatMap((change) => ('raised' in change ? [change.raised] : [])),
  );
  await clear(
    store,
    changes.flatMap((change) => ('cleared' in change ? [change.cleared] : [])),
  );
}

async function insert(store: Store, raised: readonly RaisedFault[]): Promise<void> {
  if (raised.length === 0) return;
  await store.db
    .insert(schema.faults)
    .values(raised.map(({ faultId, raisedAtMs, ...fault }) => ({ ...fault, id: faultId, raisedAt: new Date(raisedAtMs) })))
    .onConflictDoNothing();
}

async function clear(store: Store, cleared: readonly ClearedFault[]): Promise<void> {
  if (cleared.length === 0) return;
  const rows = sql.join(
    cleared.map(
      ({ faultId, clearedAtMs, evidence }) =>
        sql`(${faultId}::uuid, ${new Date(clearedAtMs).toISOString()}::timestamptz, ${JSON.stringify({ cleared: evidence })}::jsonb)`,
    ),
    sql`, `,
  );
  await store.db.execute(
    sql`update faults set cleared_at = change.at, evidence = faults.evidence || change.evidence
      from (values ${rows}) as change(id, at, evidence) where faults.id = change.id and faults.cleared_at is null`,
  );
}
