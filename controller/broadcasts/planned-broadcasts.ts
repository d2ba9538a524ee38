import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import { isHopeless } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { defaultLongestPauseMs } from './contender.ts';
import type { BroadcastEngine } from './engine.ts';
import { type Intake, PREPARE_LEAD_MS } from './intake.ts';
import type { Journal } from './journal.ts';
import { durationOf } from './length.ts';
import { type BroadcastRecord, isOver } from './record.ts';
import { REASONS } from './words.ts';

/** What can't go on the air yet at its time (its bulletin is still being made, the store is away) is looked at again this often. */
const LOOK_AGAIN_MS = 2000;

export interface PlannedBroadcastsDeps {
  clock: Clock;
  logger: Logger;
  intake: Pick<Intake, 'reconsider'>;
  engine: Pick<BroadcastEngine, 'take' | 'conclude'>;
  journal: Pick<Journal, 'patch'>;
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
    const { logger, intake, engine, journal } = this.#deps;
    const { broadcastId } = record;
    this.#records.set(broadcastId, record);
    if (this.#isTooLate(record, isResumed)) {
      this.forget(broadcastId);
      return engine.conclude(record, 'missed', REASONS.tooLate());
    }
    try {
      const { resolution, bulletin, refusal } = await intake.reconsider(record);
      if (this.#isClosed || isOver(record)) return;
      if (refusal?.code === 'broadcast.bulletin_not_ready' && !this.#isTooLate(record, isResumed))
        return this.#lookAgain(record, isResumed);
      this.forget(broadcastId);
      if (refusal) return engine.conclude(record, 'failed', refusal);
      record.clusterIds = resolution.clusterIds;
      record.messageMs = bulletin?.durationMs ?? null;
      record.durationMs = durationOf(record);
      journal.patch(broadcastId, { clusterIds: record.clusterIds, durationMs: record.durationMs, messageMs: record.messageMs });
      engine.take(record, { masterPath: bulletin?.masterPath ?? null, isResumed });
    } catch (error) {
      if (this.#isClosed || isOver(record)) return;
      if (!(error instanceof AppError) && !isHopeless(error)) {
        logger.warn({ broadcastId, error: errorText(error) }, 'a planned broadcast could not be prepared; trying again');
        return this.#lookAgain(record, isResumed);
      }
      logger.error({ broadcastId, err: error }, 'a planned broadcast could not be prepared');
      this.forget(broadcastId);
      engine.conclude(record, 'failed', error instanceof AppError ? { code: error.code, ...error.words } : REASONS.defect());
    }
  }

  #lookAgain(record: BroadcastRecord, isResumed: boolean): void {
    const { broadcastId } = record;
    this.#timers.set(
      broadcastId,
      this.#deps.clock.after(`prepare ${broadcastId} again`, LOOK_AGAIN_MS, () => void this.prepare(record, isResumed)),
    );
  }

  /** A machine that slept, or a store that was away, may bring a broadcast here long after its time. */
  #isTooLate({ startsAtMs, startedAtMs, positionMs, latestStartMs, class: broadcastClass }: BroadcastRecord, isResumed: boolean): boolean {
    const latestMs = isResumed
      ? (startedAtMs ?? startsAtMs) + positionMs + defaultLongestPauseMs(broadcastClass)
      : startsAtMs + latestStartMs;
    return this.#deps.clock.nowMs() > latestMs;
  }
}
