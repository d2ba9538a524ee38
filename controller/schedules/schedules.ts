import { dirname } from 'node:path';
import { type Audit, type Author, entryBy, recordDone } from '../accounts/index.ts';
import { type Broadcasts, defaultLatestStartMs, REASONS } from '../broadcasts/index.ts';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { Inventory } from '../inventory/index.ts';
import type { ScheduleDefinition, ScheduleProblem, ScheduleRequest, ScheduleView, UpcomingOccurrence } from '../protocol/schedules.ts';
import { inTurn, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BulletinFiles, type BulletinMaker } from './bulletin-files.ts';
import { occurrenceId } from './occurrence-id.ts';
import { Planner } from './planner.ts';
import { faultOfRecurrence, occurrencesBetween } from './recurrence.ts';
import { invalidSchedule, noSuchOccurrence, noSuchSchedule, ownedByFile, scheduleExists, tooLateToSkip } from './schedule-errors.ts';
import { loadScheduleFiles } from './schedule-files.ts';
import {
  deleteSchedule,
  readOccurrence,
  readOccurrences,
  readSchedules,
  type StoredSchedule,
  type StoredSchedules,
  saveSchedule,
  setOccurrence,
} from './schedule-rows.ts';
import { type UpcomingPlaying, withOverlaps } from './upcoming.ts';

/** Also without the job queue, planning happens at least this often. */
const PLAN_PERIOD_MS = 60_000;
const NEXT_SHOWN = 3;
const NEXT_WITHIN_MS = 400 * 86_400_000;

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
}

export interface Schedules {
  /** Loads the files, plans. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Plans the next 48 hours and hands over what is near; idempotent. For a job every minute. */
  plan(): Promise<void>;
  list(): ScheduleView[];
  problems(): readonly ScheduleProblem[];
  get(scheduleId: string): ScheduleView;
  /** @throws AppError schedule.exists, schedule.invalid */
  create(request: ScheduleRequest, author: Author): Promise<ScheduleView>;
  /** @throws AppError schedule.unknown, schedule.from_file, schedule.invalid */
  replace(request: ScheduleRequest, author: Author): Promise<ScheduleView>;
  remove(scheduleId: string, author: Author): Promise<void>;
  /** Reads the files again. */
  reload(author: Author): Promise<void>;
  upcoming(hours: number): Promise<UpcomingOccurrence[]>;
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
  const { store, clock, logger, audit, inventory, broadcasts, programmes } = deps;
  const files = new BulletinFiles(deps);
  let stored = new Map<string, StoredSchedule>();
  /** undefined until the files have been loaded: a job of the last run may ask for planning before. */
  let known: StoredSchedules | undefined;
  let problems: readonly ScheduleProblem[] = [];
  let timer: Timer | undefined;
  const planner = new Planner({
    ...deps,
    files,
    schedules: () => known,
  });

  const read = inTurn(async (): Promise<StoredSchedules> => {
    const found = await store.retry(() => readSchedules(store));
    stored = new Map(found.inForce.map((row) => [row.definition.id, row]));
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
  const faultOfPlaces = (definition: ScheduleDefinition): Words | undefined => {
    try {
      inventory.resolve(definition.targets);
      return undefined;
    } catch (error) {
      if (error instanceof AppError) return error.words;
      throw error;
    }
  };
  const check = (definition: ScheduleDefinition): void => {
    const fault = faultOfRecurrence(definition) ?? faultOfPlaces(definition);
    if (fault) throw invalidSchedule(fault);
  };
  /** Planning failures are told and tried again; they never break what asked for planning. */
  const plan = async (): Promise<void> => {
    try {
      await planner.plan();
    } catch (error) {
      logger.error({ error: errorText(error) }, 'schedules could not be planned; the next minute tries again');
    }
  };

  async function load(): Promise<void> {
    const loaded = await loadScheduleFiles({ ...deps, subfolders: ['', ...(deps.subfolders ?? [])] }, faultOfPlaces);
    await read();
    const found = [...loaded.problems];
    const kept = new Set<string>();
    for (const { definition, fileName } of loaded.schedules) {
      kept.add(definition.id);
      if (stored.get(definition.id)?.source === 'api') {
        const { vi, en } = scheduleExists(definition.id).words;
        found.push({ file: fileName, line: null, vi: `${fileName}: ${vi}`, en: `${fileName}: ${en}` });
        continue;
      }
      await saveSchedule(store, definition, { source: 'file', fileName, createdBy: null, nowMs: clock.nowMs() });
      if (definition.content.kind === 'bulletinFile' && definition.enabled) await makeAhead(definition.id, definition.content.file);
    }
    for (const { definition, source, fileName } of stored.values()) {
      const isUnread = loaded.faultyFiles.has(fileName ?? '') || loaded.missingFolders.has(dirname(fileName ?? ''));
      const isGone = source === 'file' && !kept.has(definition.id) && !isUnread;
      if (isGone) await deleteSchedule(store, definition.id, clock.nowMs());
    }
    problems = found;
    for (const { en } of found) logger.warn({ problem: en }, 'a schedule file has a fault');
    known = await read();
  }

  /** So that speaking or ingesting it is done long before its time. */
  async function makeAhead(scheduleId: string, file: string): Promise<void> {
    await files.bulletinId(file).catch((error: unknown) => {
      logger.warn({ scheduleId, file, error: errorText(error) }, 'the bulletin of a schedule could not be made from its file');
    });
  }

  function view(one: StoredSchedule): ScheduleView {
    const nowMs = clock.nowMs();
    const nextAtMs = one.definition.enabled ? occurrencesBetween(one.definition, nowMs, nowMs + NEXT_WITHIN_MS, NEXT_SHOWN) : [];
    return { definition: one.definition, source: one.source, fileName: one.fileName, updatedAtMs: one.changedAtMs, nextAtMs };
  }

  async function save(request: ScheduleRequest, author: Author, action: string): Promise<ScheduleView> {
    const definition = { ...request, timeZone: request.timeZone ?? deps.timeZone };
    check(definition);
    const changed = await saveSchedule(store, definition, {
      source: 'api',
      fileName: null,
      createdBy: author.userId,
      nowMs: clock.nowMs(),
    });
    await read();
    if (changed) await enter(author, action, definition.id, { definition });
    await plan();
    return view(need(definition.id));
  }

  async function durationMs(content: ScheduleDefinition['content']): Promise<number | null> {
    if (content.kind === 'relay') return content.durationMs;
    const bulletinId = content.kind === 'bulletin' ? content.bulletinId : await files.bulletinId(content.file).catch(() => undefined);
    const bulletin = bulletinId === undefined ? undefined : await programmes.bulletin(bulletinId);
    if (!bulletin || bulletin.durationMs === null) return null;
    return bulletin.durationMs * content.repeat + content.pauseMs * (content.repeat - 1);
  }

  return {
    async start() {
      await load();
      await plan();
      timer = clock.every('plan schedules', PLAN_PERIOD_MS, () => void plan());
    },
    async close() {
      timer?.cancel();
      timer = undefined;
    },
    plan,
    list: () => [...stored.values()].map(view),
    problems: () => problems,
    get: (scheduleId) => view(need(scheduleId)),
    async create(request, author) {
      if (stored.has(request.id)) throw scheduleExists(request.id);
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
    async upcoming(hours) {
      const nowMs = clock.nowMs();
      const rows = new Map((await readOccurrences(store, nowMs)).map((row) => [`${row.scheduleId} ${row.startsAtMs}`, row]));
      const playings: UpcomingPlaying[] = [];
      for (const { definition, definitionHash } of stored.values()) {
        if (!definition.enabled) continue;
        const length = await durationMs(definition.content);
        const { clusterIds } = faultOfPlaces(definition) ? { clusterIds: [] } : inventory.resolve(definition.targets);
        for (const startsAtMs of occurrencesBetween(definition, nowMs, nowMs + hours * 3_600_000)) {
          const row = rows.get(`${definition.id} ${startsAtMs}`);
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
      return withOverlaps(playings);
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
