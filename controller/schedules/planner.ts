import type { Broadcasts } from '../broadcasts/index.ts';
import { REASONS } from '../broadcasts/index.ts';
import type { Clock } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { BroadcastContent } from '../protocol/broadcasts.ts';
import type { ScheduleContent } from '../protocol/schedules.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { breathe } from '../turns.ts';
import type { BulletinFiles } from './bulletin-files.ts';
import type { ScheduleInstants } from './instants.ts';
import {
  type KnownSchedules,
  type OccurrenceRow,
  type PlanActions,
  type PlannableSchedule,
  type Playing,
  planSchedule,
  planWindow,
  unwanted,
} from './plan.ts';
import { putOccurrences, readOccurrences, setOccurrence } from './schedule-rows.ts';

const ROWS_BACK_MS = 72 * 3_600_000;

export interface PlannerDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  broadcasts: Pick<Broadcasts, 'begin' | 'withdraw'>;
  files: Pick<BulletinFiles, 'bulletinId'>;
  instants: Pick<ScheduleInstants, 'between'>;
  /** undefined: not read yet, so that nothing can be planned. */
  schedules(): KnownSchedules | undefined;
}

/** Turns schedules into written instants, and instants that come near into broadcasts. Any number of runs does what one does. */
export class Planner {
  #deps: PlannerDeps;
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
  }

  /** Plans now; when a run is under way, once more after it. */
  plan(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#once();
    }
  }

  async #once(): Promise<void> {
    const { store, clock } = this.#deps;
    const schedules = this.#deps.schedules();
    if (!schedules) return;
    const nowMs = clock.nowMs();
    const rows = await store.retry(() => readOccurrences(store, nowMs - ROWS_BACK_MS));
    for (const scheduleId of schedules.removed) {
      for (const row of unwanted(rows.get(scheduleId) ?? [], nowMs)) await this.#withdraw(row);
    }
    const handOver: Playing[] = [];
    // One after the other, each in a turn of its own: what is on the air comes in between.
    for (const schedule of schedules.inForce) {
      await breathe();
      handOver.push(...(await this.#planOne(schedule, rows.get(schedule.definition.id) ?? [], nowMs)));
    }
    for (const playing of handOver) await this.#handOver(playing);
  }

  /** Writes down what one schedule will play. One that can't be computed keeps what it had, and holds up no other. @returns what is near */
  async #planOne(schedule: PlannableSchedule, rows: readonly OccurrenceRow[], nowMs: number): Promise<Playing[]> {
    const { store, instants, logger } = this.#deps;
    let actions: PlanActions;
    try {
      const { fromMs, toMs } = planWindow(schedule, nowMs);
      const found = schedule.definition.enabled ? await instants.between(schedule, fromMs, toMs) : [];
      actions = planSchedule(schedule, found, rows, nowMs);
    } catch (error) {
      const scheduleId = schedule.definition.id;
      logger.error({ scheduleId, err: error }, 'a schedule could not be computed; what it had planned stays');
      return [];
    }
    // In its last second a playing can't be taken back: then what would take its place must not sound as well.
    const kept = new Set<number>();
    for (const row of actions.withdraw) if (!(await this.#withdraw(row))) kept.add(row.startsAtMs);
    const isFree = ({ startsAtMs }: Playing): boolean => !kept.has(startsAtMs);
    await store.retry(() => putOccurrences(store, actions.miss.filter(isFree), 'missed', REASONS.controllerWasDown().vi));
    await store.retry(() => putOccurrences(store, actions.add.filter(isFree), 'planned', null));
    return actions.handOver.filter(isFree);
  }

  /** @returns false when it sounds, or is about to */
  async #withdraw(row: OccurrenceRow): Promise<boolean> {
    if (row.broadcastId !== null && !(await this.#deps.broadcasts.withdraw(row.broadcastId, REASONS.planChanged()))) return false;
    await this.#deps.store.retry(() => setOccurrence(this.#deps.store, [row.id], { status: 'withdrawn' }, ['planned', 'broadcast']));
    return true;
  }

  async #handOver({ id, definition, startsAtMs }: Playing): Promise<void> {
    const { store, broadcasts, logger } = this.#deps;
    try {
      const content = await this.#contentOf(definition.content);
      const { name: title, class: broadcastClass, targets, onPreempted, gainDb, chime, latestStartMs } = definition;
      const request = { broadcastId: id, title, class: broadcastClass, content, targets, startsAtMs, onPreempted, gainDb, chime };
      const schedule = { origin: 'schedule', name: title } as const;
      await broadcasts.begin(latestStartMs === undefined ? request : { ...request, latestStartMs }, schedule);
      const isKept = await store.retry(() =>
        setOccurrence(store, [id], { status: 'broadcast', broadcastId: id, reason: null }, ['planned', 'broadcast']),
      );
      // Somebody skipped it at this very moment.
      if (!isKept) await broadcasts.withdraw(id, REASONS.planChanged());
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) {
        logger.error(
          { scheduleId: definition.id, occurrenceId: id, error: errorText(error) },
          'a playing could not be handed over; the next planning tries again',
        );
        return;
      }
      logger.warn({ scheduleId: definition.id, occurrenceId: id, reason: error.words.en }, 'a playing of a schedule was refused');
      await store.retry(() => setOccurrence(store, [id], { status: 'missed', reason: error.words.vi }, ['planned']));
    }
  }

  async #contentOf(content: ScheduleContent): Promise<BroadcastContent> {
    if (content.kind !== 'bulletinFile') return content;
    const bulletinId = await this.#deps.files.bulletinId(content.file);
    return { kind: 'bulletin', bulletinId, repeat: content.repeat, pauseMs: content.pauseMs };
  }
}
