import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { SpeakerRung } from '../protocol/speaker-state.ts';
import { Outbox, type OutboxQueue, type Store, schema, WriteBehind } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerMetrics } from './metrics.ts';

const FLUSH_PERIOD_MS = 1000;
const BATCH = 500;
/** What waits at most while the store is down; after that the oldest is dropped and counted. */
const LONGEST_QUEUE = 10_000;
const CLOSE_PATIENCE_MS = 3000;

export interface Transition {
  speakerId: SpeakerId;
  atMs: number;
  fromRung: SpeakerRung;
  toRung: SpeakerRung;
  detail: Record<string, unknown>;
}

/** With an identity: written twice, it is there once. */
export type Entry = Transition & { entryId: string };

export interface Sighting {
  speakerId: SpeakerId;
  atMs: number;
  firmware: string | null;
  model: string | null;
  /** Its amplifier has shown current by now. */
  showsCurrent: boolean;
}

interface JournalOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
}

/** Writes changes of rung, and when a speaker was last seen, in batches. The history survives a store that is away for a while. */
export class TransitionJournal {
  readonly #transitions: WriteBehind<Entry>;
  readonly #seen = new LastSightings();
  readonly #sightings: Outbox<Sighting>;

  constructor(options: JournalOptions) {
    const { store, metrics, clock, logger } = options;
    const { quarantine } = store;
    this.#transitions = new WriteBehind({
      name: 'changes of speakers',
      flushPeriodMs: FLUSH_PERIOD_MS,
      longestQueue: LONGEST_QUEUE,
      ...{ clock, logger, quarantine },
      write: (transitions) => writeTransitions(store, transitions),
      onWritten: (count) => metrics.transitions('stored', count),
      onGivenUp: () => metrics.transitions('dropped', 1),
      onRefused: () => metrics.transitions('refused', 1),
    });
    this.#sightings = new Outbox({
      name: 'sightings of speakers',
      gatherMs: FLUSH_PERIOD_MS,
      ...{ clock, logger, quarantine, queue: this.#seen },
      write: (batch) => writeSightings(store, batch),
      onSetAside({ entry }) {
        metrics.transitions('refused', 1);
        return entry;
      },
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#transitions.close(), this.#sightings.close(CLOSE_PATIENCE_MS)]);
  }

  record(transition: Transition): void {
    this.#transitions.record({ ...transition, entryId: randomUUID() });
  }

  seen(sighting: Sighting): void {
    this.#seen.add(sighting);
    this.#sightings.added();
  }

  /** Resolves when what waited has been tried. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all([this.#transitions.flush(), this.#sightings.flush()]);
  }
}

/** Twice is once. */
export async function writeTransitions(store: Store, transitions: readonly Entry[]): Promise<void> {
  await store.db
    .insert(schema.speakerTransitions)
    .values(transitions.map(({ atMs, ...rest }) => ({ ...rest, at: new Date(atMs) })))
    .onConflictDoNothing({ target: schema.speakerTransitions.entryId });
}

/** An older one changes nothing. */
export async function writeSightings(store: Store, batch: readonly Sighting[]): Promise<void> {
  const rows = sql.join(
    batch.map(
      ({ speakerId, atMs, firmware, model, showsCurrent = false }) =>
        sql`(${speakerId}, ${new Date(atMs).toISOString()}::timestamptz, ${firmware}::text, ${model}::text, ${showsCurrent}::boolean)`,
    ),
    sql`, `,
  );
  await store.db.execute(
    sql`update speakers set last_seen_at = seen.at, firmware = coalesce(seen.firmware, speakers.firmware), model = coalesce(seen.model, speakers.model),
        shows_current = speakers.shows_current or seen.shows_current
      from (values ${rows}) as seen(id, at, firmware, model, shows_current) where speakers.id = seen.id
      and (speakers.last_seen_at is null or speakers.last_seen_at <= seen.at)`,
  );
}

/** Of each speaker only the last counts. */
class LastSightings implements OutboxQueue<Sighting> {
  #waiting = new Map<SpeakerId, Sighting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(sighting: Sighting): void {
    this.#waiting.set(sighting.speakerId, sighting);
  }

  take(): Sighting[] {
    const taken = [...this.#waiting.values()].slice(0, BATCH);
    for (const { speakerId } of taken) this.#waiting.delete(speakerId);
    return taken;
  }

  putBack(sightings: readonly Sighting[]): void {
    for (const sighting of sightings) if (!this.#waiting.has(sighting.speakerId)) this.#waiting.set(sighting.speakerId, sighting);
  }
}
