import { errorText } from '../errors.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Journal } from './journal.ts';
import { JOINED, readJoined } from './queries.ts';
import type { BroadcastRecord } from './record.ts';

/** So many people are named who asked for an emergency that ran already. */
const NAMED_MAX = 10;

interface Options {
  store: Store;
  journal: Pick<Journal, 'note' | 'linesWaiting'>;
  logger: Logger;
  /** So many requests are remembered. */
  most: number;
}

/** Requests that were answered with an emergency that ran already: the same words at the same places. The broadcast's log has them, and so they survive a restart. */
export class JoinedRequests {
  readonly #options: Options;
  /** The broadcast that runs, by the id that was asked for. */
  readonly #runningIds = new Map<string, string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** The broadcast that was meant by this id; undefined: its own, if any. */
  running(askedId: string): string | undefined {
    return this.#runningIds.get(askedId);
  }

  add(running: BroadcastRecord, askedId: string, by: string): void {
    this.#remember(running, askedId, by);
    this.#options.journal.note(running.broadcastId, JOINED, { broadcastId: askedId, by });
  }

  /** What was joined before the start. That it can't be read keeps nothing from sounding. */
  async restore(records: readonly BroadcastRecord[]): Promise<void> {
    const emergencies = new Map(records.filter((record) => record.class === 'emergency').map((record) => [record.broadcastId, record]));
    if (emergencies.size === 0) return;
    try {
      for (const { broadcastId, askedId, by } of await readJoined(this.#options.store, [...emergencies.keys()])) {
        const running = emergencies.get(broadcastId);
        if (running) this.#remember(running, askedId, by);
      }
    } catch (error) {
      this.#options.logger.warn({ error: errorText(error) }, 'who else asked for the emergencies of before the start is not known');
    }
    // What the store has no room for yet.
    for (const [broadcastId, running] of emergencies) {
      for (const { kind, detail } of this.#options.journal.linesWaiting(broadcastId)) {
        if (kind === JOINED) this.#remember(running, detail.broadcastId as string, detail.by as string);
      }
    }
  }

  #remember(running: BroadcastRecord, askedId: string, by: string): void {
    this.#runningIds.set(askedId, running.broadcastId);
    const [oldest] = this.#runningIds.keys();
    if (this.#runningIds.size > this.#options.most && oldest !== undefined) this.#runningIds.delete(oldest);
    running.alsoRequestedBy = [...new Set([...(running.alsoRequestedBy ?? []), by])].slice(-NAMED_MAX);
  }
}
