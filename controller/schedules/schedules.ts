import { dirname } from 'node:path';
import { type Audit, type Author, entryBy, recordDone } from '../accounts/index.ts';
import { type Broadcasts, REASONS } from '../broadcasts/index.ts';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Inventory } from '../inventory/index.ts';
import type {
  ScheduleDefinition,
  SchedulePreview,
  ScheduleProblem,
  ScheduleRequest,
  ScheduleView,
  UpcomingOccurrence,
} from '../protocol/schedules.ts';
import { inTurn, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BulletinFiles, type BulletinMaker } from './bulletin-files.ts';
import { computingOnTheSpot, recurrenceOf, type ScheduleComputing } from './computing.ts';
import { ScheduleInstants } from './instants.ts';
import { Planner } from './planner.ts';
import {
  damagedRow,
  invalidSchedule,
  noSuchOccurrence,
  noSuchSchedule,
  ownedByFile,
  scheduleExists,
  tooLateToSkip,
  tooManySchedules,
} from './schedule-errors.ts';
import { withPlaces } from './schedule-files.ts';
import { previewSchedule } from './schedule-preview.ts';
import {
  deleteSchedule,
  readOccurrence,
  readSchedules,
  type StoredSchedule,
  type StoredSchedules,
  saveSchedule,
  setOccurrence,
} from './schedule-rows.ts';
import { createUpcomingList } from './upcoming-list.ts';

/** Also without the job queue, planning happens at least this often. */
const PLAN_PERIOD_MS = 60_000;
/** No commune has so many; without a bound everything that looks at all of them has none. */
const SCHEDULES_MAX = 500;

/** What schedules need of programmes: to make bulletins from files, and how long a bulletin is. */
export interface ScheduleProgrammes extends BulletinMaker {
  bulletin(bulletinId: string): Promise<{ durationMs: number | null } | undefined>;
}

export interface SchedulesDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  audit: Audit;
  broadcasts: Pick<Broadcasts, 'begin' | 'withdraw'>;
  programmes: ScheduleProgrammes;
  inventory: Pick<Inventory, 'resolve'>;
  /** Its *.yaml files are schedules; texts and sounds for them lie below it. */
  folder: string;
  /** Folders below it whose *.yaml files are schedules, too, for example `demo/schedules`. */
  subfolders?: readonly string[];
  /** Of schedules that name no zone. */
  timeZone: string;
  /** Told when plans can't be read, and when they can be again. */
  onCondition?: (condition: AppEvents['system.condition']) => void;
  /** Where rules are expanded and files are read; absent: on the calling thread, for tests. */
  computing?: ScheduleComputing;
}

export interface Schedules {
  /** Loads the files, plans. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Plans the next 48 hours and hands over what is near; idempotent. For a job every minute. */
  plan(): Promise<void>;
  list(): Promise<ScheduleView[]>;
  problems(): readonly ScheduleProblem[];
  get(scheduleId: string): Promise<ScheduleView>;
  has(scheduleId: string): boolean;
  /** @throws AppError schedule.exists, schedule.invalid */
  create(request: ScheduleRequest, author: Author): Promise<ScheduleView>;
  /** @throws AppError schedule.unknown, schedule.from_file, schedule.invalid */
  replace(request: ScheduleRequest, author: Author): Promise<ScheduleView>;
  remove(scheduleId: string, author: Author): Promise<void>;
  /** Reads the files again. */
  reload(author: Author): Promise<void>;
  /** @returns the earliest 1000; complete up to `completeUntilMs` */
  upcoming(hours: number): Promise<{ occurrences: UpcomingOccurrence[]; completeUntilMs: number }>;
  /** What it would do, and with whom it would meet; nothing is stored. @throws AppError schedule.invalid */
  preview(request: ScheduleRequest): Promise<SchedulePreview>;
  /** Leaves one playing out. @throws AppError schedule.unknown_occurrence, schedule.too_late_to_skip */
  skip(occurrenceId: string, author: Author): Promise<void>;
  /** Takes a skip back. */
  unskip(occurrenceId: string, author: Author): Promise<void>;
  /** Names of the schedules that will play this bulletin. */
  namesUsing(bulletinId: string): string[];
  /** The bulletin made from a file below the folder. */
  bulletinOfFile(file: string): Promise<string>;
}

export function createSchedules(deps: SchedulesDeps): Schedules {
  const { store, clock, logger, audit, inventory, broadcasts, computing = computingOnTheSpot } = deps;
  const instants = new ScheduleInstants({ clock, computing });
  const files = new BulletinFiles(deps);
  let stored = new Map<string, StoredSchedule>();
  /** undefined until the files have been loaded: a job of the last run may ask for planning before. */
  let known: StoredSchedules | undefined;
  let problems: readonly ScheduleProblem[] = [];
  let timer: Timer | undefined;
  let isUnreadTold = false;
  const upcomingWith = (schedules: () => Iterable<StoredSchedule>) =>
    createUpcomingList({ ...deps, files, instants, computing, schedules, faultOfPlaces });
  const upcoming = upcomingWith(() => stored.values());
  const planner = new Planner({
    ...deps,
    files,
    instants,
    schedules: () => known,
  });

  const read = inTurn(async (): Promise<StoredSchedules> => {
    const found = await store.retry(() => readSchedules(store, stored));
    stored = new Map(found.inForce.map((row) => [row.definition.id, row]));
    instants.keepOnly(new Set(stored.keys()));
    if (known) known = found;
    return found;
  });
  const need = (scheduleId: string): StoredSchedule => {
    const found = stored.get(scheduleId);
    if (!found) throw noSuchSchedule(scheduleId);
    return found;
  };
  const enter = (author: Author, action: string, target: string, detail: Record<string, unknown>): Promise<void> =>
    recordDone(audit, { ...entryBy(author), action, target, detail });
  const check = async (definition: ScheduleDefinition): Promise<void> => {
    const fault = faultOfPlaces(definition) ?? (await computing.faultOfRecurrence(recurrenceOf(definition)));
    if (fault) throw invalidSchedule(fault);
  };
  /** Planning failures are told and tried again; they never break what asked for planning. */
  const plan = async (): Promise<void> => {
    try {
      await planner.plan();
    } catch (error) {
      logger.error({ err: error }, 'schedules could not be planned; the next minute tries again');
    }
  };

  function faultOfPlaces(definition: ScheduleDefinition): Words | undefined {
    try {
      inventory.resolve(definition.targets);
      return undefined;
    } catch (error) {
      if (error instanceof AppError) return error.words;
      throw error;
    }
  }

  /** Says, and says no more, what of the plans can't be read: what it would play stays silent. */
  function tellUnread(words: Words | undefined): void {
    const code = 'schedules.unread';
    if (words) deps.onCondition?.({ code, state: 'raised', vi: words.vi, en: words.en });
    else if (isUnreadTold)
      deps.onCondition?.({ code, state: 'cleared', vi: 'Lịch phát đã đọc được trở lại.', en: 'All schedules can be read again.' });
    isUnreadTold = words !== undefined;
  }

  async function load(): Promise<void> {
    const { unreadable } = await read();
    const { folder, subfolders = [], timeZone } = deps;
    const loaded = withPlaces(await computing.readFiles({ folder, subfolders: ['', ...subfolders], timeZone }), faultOfPlaces);
    const found = [...loaded.problems];
    const kept = new Set<string>();
    for (const { definition, fileName } of loaded.schedules) {
      kept.add(definition.id);
      if (stored.get(definition.id)?.source === 'api') {
        const { vi, en } = scheduleExists(definition.id).words;
        found.push({ file: fileName, line: null, vi: `${fileName}: ${vi}`, en: `${fileName}: ${en}` });
        continue;
      }
      const anyway = unreadable.includes(definition.id);
      await saveSchedule(store, definition, { source: 'file', fileName, createdBy: null, nowMs: clock.nowMs(), anyway });
      if (definition.content.kind === 'bulletinFile' && definition.enabled) await makeAhead(definition.id, definition.content.file);
    }
    for (const { definition, source, fileName } of stored.values()) {
      const isUnread = loaded.faultyFiles.has(fileName ?? '') || loaded.missingFolders.has(dirname(fileName ?? ''));
      const isGone = source === 'file' && !kept.has(definition.id) && !isUnread;
      if (isGone) await deleteSchedule(store, definition.id, clock.nowMs());
    }
    const after = await read();
    // A folder that was never there is missed by nobody.
    const missed = [...stored.values()].flatMap(({ fileName }) => loaded.missingFolders.get(dirname(fileName ?? '-/-')) ?? []);
    const unread = [...new Set(missed), ...after.unreadable.map(damagedRow)];
    problems = [...unread, ...found];
    for (const { en } of problems) logger.warn({ problem: en }, 'a schedule has a fault');
    tellUnread(unread[0]);
    known = after;
  }

  /** So that speaking or ingesting it is done long before its time. */
  async function makeAhead(scheduleId: string, file: string): Promise<void> {
    await files.bulletinId(file).catch((error: unknown) => {
      logger.warn({ scheduleId, file, error: errorText(error) }, 'the bulletin of a schedule could not be made from its file');
    });
  }

  async function view(one: StoredSchedule): Promise<ScheduleView> {
    const { definition, source, fileName, changedAtMs: updatedAtMs } = one;
    // A schedule that can't be computed now is shown all the same.
    const nextAtMs = await instants.next(one).catch((error: unknown) => {
      logger.warn({ scheduleId: definition.id, error: errorText(error) }, 'the next playings of a schedule could not be computed');
      return [];
    });
    return { definition, source, fileName, updatedAtMs, nextAtMs };
  }

  async function list(): Promise<ScheduleView[]> {
    const views: ScheduleView[] = [];
    for (const one of stored.values()) views.push(await view(one));
    return views;
  }

  const withZone = (request: ScheduleRequest): ScheduleDefinition => ({ ...request, timeZone: request.timeZone ?? deps.timeZone });

  async function save(request: ScheduleRequest, author: Author, action: string): Promise<ScheduleView> {
    const definition = withZone(request);
    await check(definition);
    const changed = await saveSchedule(store, definition, {
      source: 'api',
      fileName: null,
      createdBy: author.userId,
      nowMs: clock.nowMs(),
      anyway: !stored.has(definition.id),
    });
    await read();
    if (changed) await enter(author, action, definition.id, { definition });
    await plan();
    return view(need(definition.id));
  }

  return {
    async start() {
      try {
        await load();
      } catch (error) {
        // What was read before is in the store: silence because a file can't be looked at would be worse.
        logger.error({ err: error }, 'the schedule files could not be read; what they said last stays in force');
        known = await read();
        const reason = errorText(error);
        tellUnread({
          vi: `Không đọc được các tệp lịch phát (${reason}); lịch đã đọc trước đây vẫn có hiệu lực.`,
          en: `The schedule files can't be read (${reason}); what they said last stays in force.`,
        });
      }
      await plan();
      timer = clock.every('plan schedules', PLAN_PERIOD_MS, () => void plan());
    },
    async close() {
      timer?.cancel();
      timer = undefined;
    },
    plan,
    list,
    problems: () => problems,
    get: async (scheduleId) => view(need(scheduleId)),
    has: (scheduleId) => stored.has(scheduleId),
    async create(request, author) {
      if (stored.has(request.id)) throw scheduleExists(request.id);
      if (stored.size >= SCHEDULES_MAX) throw tooManySchedules(SCHEDULES_MAX);
      return save(request, author, 'schedule.created');
    },
    async replace(request, author) {
      const before = need(request.id);
      if (before.source === 'file') throw ownedByFile(before.fileName);
      return save(request, author, 'schedule.changed');
    },
    async remove(scheduleId, author) {
      const before = need(scheduleId);
      if (before.source === 'file') throw ownedByFile(before.fileName);
      await deleteSchedule(store, scheduleId, clock.nowMs());
      await read();
      await enter(author, 'schedule.removed', scheduleId, { name: before.definition.name });
      await plan();
    },
    async reload(author) {
      await load();
      await enter(author, 'schedule.reloaded', deps.folder, { schedules: stored.size, problems: problems.length });
      await plan();
    },
    upcoming,
    async preview(request) {
      const definition = withZone(request);
      await check(definition);
      const { clusterIds } = inventory.resolve(definition.targets);
      const others = [...stored.values()].filter((one) => one.definition.id !== definition.id);
      return { clusterCount: clusterIds.length, ...(await previewSchedule({ definition, others, clock, computing, upcomingWith })) };
    },
    async skip(id, author) {
      await plan();
      const row = await readOccurrence(store, id);
      if (!row) throw noSuchOccurrence(id);
      if (row.status === 'skipped') return;
      if (row.status === 'broadcast' && !(await broadcasts.withdraw(id, REASONS.skipped(author.displayName)))) throw tooLateToSkip();
      if (row.startsAtMs <= clock.nowMs() || !(await setOccurrence(store, [id], { status: 'skipped' }, ['planned', 'broadcast'])))
        throw tooLateToSkip();
      await enter(author, 'schedule.skipped', row.scheduleId, { occurrenceId: id, startsAtMs: row.startsAtMs });
    },
    async unskip(id, author) {
      const row = await readOccurrence(store, id);
      if (!row) throw noSuchOccurrence(id);
      if (row.status !== 'skipped') return;
      if (row.startsAtMs <= clock.nowMs() || row.broadcastId !== null) throw tooLateToSkip();
      await setOccurrence(store, [id], { status: 'planned' }, ['skipped']);
      await enter(author, 'schedule.unskipped', row.scheduleId, { occurrenceId: id, startsAtMs: row.startsAtMs });
      await plan();
    },
    namesUsing: (bulletinId) =>
      [...stored.values()].flatMap(({ definition: { content, name, enabled } }) =>
        enabled && content.kind === 'bulletin' && content.bulletinId === bulletinId ? [name] : [],
      ),
    bulletinOfFile: (file) => files.bulletinId(file),
  };
}
