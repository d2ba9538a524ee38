import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BroadcastEngine } from './engine.ts';
import { durationOf, type Intake, PREPARE_LEAD_MS } from './intake.ts';
import type { Journal } from './journal.ts';
import { type BroadcastRecord, isOver } from './record.ts';
import { REASONS } from './words.ts';

/** A bulletin that is still being made at its time is looked at again this often. */
const BULLETIN_LOOK_MS = 2000;

export interface PlannedBroadcastsDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  intake: Intake;
  engine: BroadcastEngine;
  journal: Journal;
}

/** Broadcasts whose time has not come: keeps them, looks at them once more shortly before, and hands them to the engine. */
export class PlannedBroadcasts {
  #deps: PlannedBroadcastsDeps;
  #records = new Map<string, BroadcastRecord>();
  #timers = new Map<string, Timer>();
  #isClosed = false;

  constructor(deps: PlannedBroadcastsDeps) {
    this.#deps = deps;
  }

  close(): void {
    this.#isClosed = true;
    for (const broadcastId of [...this.#records.keys()]) this.forget(broadcastId);
  }

  records(): BroadcastRecord[] {
    return [...this.#records.values()];
  }

  record(broadcastId: string): BroadcastRecord | undefined {
    return this.#records.get(broadcastId);
  }

  /** Waits for its time. */
  arm(record: BroadcastRecord): void {
    this.#records.set(record.broadcastId, record);
    const prepareAtMs = record.startsAtMs - PREPARE_LEAD_MS;
    this.#timers.set(
      record.broadcastId,
      this.#deps.clock.at(`prepare ${record.broadcastId}`, prepareAtMs, () => void this.prepare(record, false)),
    );
  }

  forget(broadcastId: string): void {
    this.#records.delete(broadcastId);
    this.#timers.get(broadcastId)?.cancel();
    this.#timers.delete(broadcastId);
  }

  /** Takes it towards the air. @param isResumed it was on the air when the controller went down */
  async prepare(record: BroadcastRecord, isResumed: boolean): Promise<void> {
    const { store, clock, logger, intake, engine, journal } = this.#deps;
    const { broadcastId } = record;
    this.#records.set(broadcastId, record);
    try {
      const { resolution, bulletin, refusal } = await store.retry(() => intake.reconsider(record));
      if (this.#isClosed || isOver(record)) return;
      if (refusal?.code === 'broadcast.bulletin_not_ready' && clock.nowMs() < record.startsAtMs + record.latestStartMs) {
        this.#timers.set(
          broadcastId,
          clock.after(`bulletin for ${broadcastId}`, BULLETIN_LOOK_MS, () => void this.prepare(record, isResumed)),
        );
        return;
      }
      this.forget(broadcastId);
      if (refusal) return engine.conclude(record, 'failed', refusal);
      record.clusterIds = resolution.clusterIds;
      record.durationMs = durationOf(record.content, bulletin);
      journal.patch(broadcastId, { clusterIds: record.clusterIds, durationMs: record.durationMs });
      engine.take(record, { masterPath: bulletin?.masterPath ?? null, isResumed });
    } catch (error) {
      logger.error({ broadcastId, error: errorText(error) }, 'a planned broadcast could not be prepared');
      this.forget(broadcastId);
      engine.conclude(record, 'failed', error instanceof AppError ? { code: error.code, ...error.words } : REASONS.defect());
    }
  }
}
