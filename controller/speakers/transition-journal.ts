import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { SpeakerRung } from '../protocol/speaker-state.ts';
import { refusalText, type Store, schema, WriteBehind, writeApart } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerMetrics } from './metrics.ts';

const FLUSH_PERIOD_MS = 1000;
const BATCH = 500;
/** What waits at most while the store is down; after that the oldest is dropped and counted. */
const LONGEST_QUEUE = 10_000;

export interface Transition {
  speakerId: SpeakerId;
  atMs: number;
  fromRung: SpeakerRung;
  toRung: SpeakerRung;
  detail: Record<string, unknown>;
}

interface Sighting {
  speakerId: SpeakerId;
  atMs: number;
  firmware: string | null;
  model: string | null;
}

interface JournalOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
}

/** Writes changes of rung, and when a speaker was last seen, in batches. The history survives a store that is away for a while. */
export class TransitionJournal {
  readonly #options: JournalOptions;
  readonly #transitions: WriteBehind<Transition>;
  readonly #seen = new Map<SpeakerId, Sighting>();

  constructor(options: JournalOptions) {
    const { store, metrics } = options;
    this.#options = options;
    this.#transitions = new WriteBehind({
      name: 'changes of speakers',
      flushPeriodMs: FLUSH_PERIOD_MS,
      longestQueue: LONGEST_QUEUE,
      clock: options.clock,
      logger: options.logger,
      write: async (transitions) => {
        await store.db.insert(schema.speakerTransitions).values(
          transitions.map(({ speakerId, atMs, fromRung, toRung, detail }) => ({
            speakerId,
            at: new Date(atMs),
            fromRung,
            toRung,
            detail,
          })),
        );
      },
      afterwards: () => this.#writeSightings(),
      onWritten: (count) => metrics.transitions('stored', count),
      onGivenUp: () => metrics.transitions('dropped', 1),
      onRefused: () => metrics.transitions('refused', 1),
    });
  }

  start(): void {
    this.#transitions.start();
  }

  close(): Promise<void> {
    return this.#transitions.close();
  }

  record(transition: Transition): void {
    this.#transitions.record(transition);
  }

  seen(sighting: Sighting): void {
    this.#seen.set(sighting.speakerId, sighting);
  }

  /** Resolves when what waited has been tried. Never rejects. */
  flush(): Promise<void> {
    return this.#transitions.flush();
  }

  async #writeSightings(): Promise<void> {
    const entries = [...this.#seen.values()].slice(0, BATCH);
    if (entries.length === 0) return;
    const { logger, metrics } = this.#options;
    await writeApart({
      entries,
      write: (batch) => this.#updateSeen(batch),
      onWritten: (written) => this.#forget(written),
      onRefused: (sighting, error) => {
        this.#forget([sighting]);
        logger.error({ speakerId: sighting.speakerId, error: refusalText(error) }, 'when a speaker was seen could not be stored');
        metrics.transitions('refused', 1);
      },
    });
  }

  #forget(sightings: readonly Sighting[]): void {
    for (const gone of sightings) if (this.#seen.get(gone.speakerId) === gone) this.#seen.delete(gone.speakerId);
  }

  async #updateSeen(batch: readonly Sighting[]): Promise<void> {
    const rows = sql.join(
      batch.map(
        (seen) => sql`(${seen.speakerId}, ${new Date(seen.atMs).toISOString()}::timestamptz, ${seen.firmware}::text, ${seen.model}::text)`,
      ),
      sql`, `,
    );
    await this.#options.store.db.execute(
      sql`update speakers set last_seen_at = seen.at, firmware = coalesce(seen.firmware, speakers.firmware), model = coalesce(seen.model, speakers.model)
        from (values ${rows}) as seen(id, at, firmware, model) where speakers.id = seen.id`,
    );
  }
}
