import { clashOf, defaultLatestStartMs } from '../broadcasts/index.ts';
import type { Clock } from '../clock.ts';
import { errorText, type Words } from '../errors.ts';
import type { Inventory } from '../inventory/index.ts';
import type { ScheduleDefinition, UpcomingOccurrence } from '../protocol/schedules.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { breathe } from '../turns.ts';
import type { BulletinFiles } from './bulletin-files.ts';
import type { ScheduleComputing } from './computing.ts';
import type { ScheduleInstants } from './instants.ts';
import { occurrenceId } from './occurrence-id.ts';
import { createOverlaps } from './overlaps-in-time.ts';
import type { OccurrenceRow } from './plan.ts';
import { readOccurrences, type StoredSchedule } from './schedule-rows.ts';
import type { ScheduleProgrammes } from './schedules.ts';
import type { UpcomingPlaying } from './upcoming.ts';

/** A list of what is to come ends after this many; what it names beside each grows with the square. */
const UPCOMING_MAX = 1000;

interface UpcomingListDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  programmes: Pick<ScheduleProgrammes, 'bulletin'>;
  inventory: Pick<Inventory, 'resolve'>;
  files: Pick<BulletinFiles, 'bulletinId'>;
  instants: Pick<ScheduleInstants, 'between'>;
  computing: Pick<ScheduleComputing, 'withOverlaps'>;
  schedules(): Iterable<StoredSchedule>;
  faultOfPlaces(definition: ScheduleDefinition): Words | undefined;
}

interface Coming {
  schedule: StoredSchedule;
  startsAtMs: number;
}

/** What is to come in the next hours, with whom it meets; each schedule in a turn of its own, however full the plan. */
export function createUpcomingList(deps: UpcomingListDeps) {
  const { store, clock, logger, programmes, inventory, files, instants, computing, faultOfPlaces } = deps;
  const withOverlaps = createOverlaps({ clock, logger, computing, clash: clashOf });

  /** When one schedule plays in a stretch of time; never when it can't be computed. */
  async function comingOf(schedule: StoredSchedule, window: { fromMs: number; toMs: number }): Promise<Coming[]> {
    if (!schedule.definition.enabled) return [];
    try {
      return (await instants.between(schedule, window.fromMs, window.toMs)).map((startsAtMs) => ({ schedule, startsAtMs }));
    } catch (error) {
      logger.warn({ scheduleId: schedule.definition.id, error: errorText(error) }, 'a schedule could not be computed');
      return [];
    }
  }

  async function playingsOf(coming: readonly Coming[], rows: ReadonlyMap<string, readonly OccurrenceRow[]>): Promise<UpcomingPlaying[]> {
    const playings: UpcomingPlaying[] = [];
    for (const [{ definition, definitionHash }, found] of Map.groupBy(coming, (one) => one.schedule)) {
      await breathe();
      const length = await durationMs(definition.content);
      const { clusterIds } = faultOfPlaces(definition) ? { clusterIds: [] } : inventory.resolve(definition.targets);
      const byInstant = new Map(rows.get(definition.id)?.map((row) => [row.startsAtMs, row]));
      for (const { startsAtMs } of found) {
        const row = byInstant.get(startsAtMs);
        playings.push({
          occurrenceId: row?.id ?? occurrenceId(definition.id, startsAtMs, definitionHash),
          scheduleId: definition.id,
          name: definition.name,
          class: definition.class,
          clusterIds,
          startsAtMs,
          durationMs: length,
          latestStartMs: definition.latestStartMs ?? defaultLatestStartMs(definition.class),
          onPreempted: definition.onPreempted,
          status: row?.status ?? 'planned',
          broadcastId: row?.broadcastId ?? null,
        });
      }
    }
    return playings;
  }

  async function durationMs(content: ScheduleDefinition['content']): Promise<number | null> {
    if (content.kind === 'relay') return content.durationMs;
    const bulletinId = content.kind === 'bulletin' ? content.bulletinId : await files.bulletinId(content.file).catch(() => undefined);
    const bulletin = bulletinId === undefined ? undefined : await programmes.bulletin(bulletinId);
    if (!bulletin || bulletin.durationMs === null) return null;
    return bulletin.durationMs * content.repeat + content.pauseMs * (content.repeat - 1);
  }

  return async (hours: number): Promise<{ occurrences: UpcomingOccurrence[]; completeUntilMs: number }> => {
    const fromMs = clock.nowMs();
    const toMs = fromMs + hours * 3_600_000;
    const rows = await readOccurrences(store, fromMs, toMs);
    let earliest: Coming[] = [];
    let isCut = false;
    for (const schedule of deps.schedules()) {
      await breathe();
      const coming = await comingOf(schedule, { fromMs, toMs });
      if (coming.length === 0) continue;
      const together = [...earliest, ...coming].sort((one, other) => one.startsAtMs - other.startsAtMs);
      isCut ||= together.length > UPCOMING_MAX;
      earliest = together.slice(0, UPCOMING_MAX);
    }
    const playings = await playingsOf(earliest, rows);
    return { occurrences: await withOverlaps(playings), completeUntilMs: isCut ? (earliest.at(-1)?.startsAtMs ?? toMs) : toMs };
  };
}
