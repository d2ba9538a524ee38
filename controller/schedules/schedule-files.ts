import { join } from 'node:path';
import { z } from 'zod';
import type { Words } from '../errors.ts';
import { type ScheduleDefinition, type ScheduleProblem, scheduleDefinition } from '../protocol/schedules.ts';
import { faultOfRecurrence } from './recurrence.ts';
import { checkPart, listYamlFiles, problem, readYamlFile, type YamlFile } from './yaml-files.ts';

export interface LoadedSchedule {
  definition: ScheduleDefinition;
  fileName: string;
  /** Where its targets stand. */
  targetsLine: number | null;
}

/** What the folder says, as far as it can be used. */
export interface LoadedSchedules {
  schedules: LoadedSchedule[];
  problems: ScheduleProblem[];
  /** Files with a problem: what they said before stays in force, for silence at five o'clock is worse than yesterday's plan. */
  faultyFiles: ReadonlySet<string>;
  /** Folders that can't be read, as in `dirname` of a file's name. Nobody removed their files one by one: what they said stays in force, too. */
  missingFolders: ReadonlyMap<string, ScheduleProblem>;
}

const envelope = z.strictObject({ schedules: z.array(z.unknown()).min(1).max(500) });

export interface ScheduleFolders {
  folder: string;
  /** Below the folder: which to read; '' is the folder itself. */
  subfolders: readonly string[];
  /** Of schedules that name none. */
  timeZone: string;
}

/** Reads every YAML file of the folders. A fault costs only the schedule in which it lies. Whether its places exist is not asked here. */
export async function loadScheduleFiles(from: ScheduleFolders): Promise<LoadedSchedules> {
  const loaded: LoadedSchedules['schedules'] = [];
  const problems: ScheduleProblem[] = [];
  const seen = new Map<string, string>();
  const missingFolders = new Map<string, ScheduleProblem>();
  for (const subfolder of from.subfolders) {
    const folder = join(from.folder, subfolder);
    const listed = await listYamlFiles(folder);
    if ('unreadable' in listed) {
      const words = {
        vi: `không đọc được thư mục lịch phát (${listed.unreadable}); lịch đã đọc trước đây vẫn có hiệu lực`,
        en: `the schedules folder can’t be read (${listed.unreadable}); what it said last stays in force`,
      };
      missingFolders.set(join(subfolder), problem(folder, null, words));
      continue;
    }
    for (const baseName of listed.names) {
      const name = join(subfolder, baseName);
      const read = await readYamlFile(from.folder, name);
      const outer = 'problems' in read ? read : checkPart(envelope, read.file, [], read.file.value);
      if ('problems' in read || 'problems' in outer) {
        problems.push(...('problems' in read ? read.problems : 'problems' in outer ? outer.problems : []));
        continue;
      }
      outer.part.schedules.forEach((value, index) => {
        const checked = checkOne(read.file, ['schedules', index], inZone(value, from.timeZone), seen);
        if ('problems' in checked) problems.push(...checked.problems);
        else loaded.push({ definition: checked.part, fileName: name, targetsLine: read.file.lineOf(['schedules', index, 'targets']) });
      });
    }
  }
  return { schedules: loaded, problems, faultyFiles: new Set(problems.map((one) => one.file)), missingFolders };
}

/** The schedules whose places exist; of the others it is said where they are named. */
export function withPlaces(loaded: LoadedSchedules, faultOfPlaces: (definition: ScheduleDefinition) => Words | undefined): LoadedSchedules {
  const schedules: LoadedSchedule[] = [];
  const problems = [...loaded.problems];
  const faultyFiles = new Set(loaded.faultyFiles);
  for (const one of loaded.schedules) {
    const fault = faultOfPlaces(one.definition);
    if (!fault) {
      schedules.push(one);
      continue;
    }
    problems.push(problem(one.fileName, one.targetsLine, fault));
    faultyFiles.add(one.fileName);
  }
  return { ...loaded, schedules, problems, faultyFiles };
}

function inZone(value: unknown, timeZone: string): unknown {
  return typeof value === 'object' && value !== null && !('timeZone' in value) ? { timeZone, ...value } : value;
}

function checkOne(
  file: YamlFile,
  path: readonly PropertyKey[],
  value: unknown,
  seen: Map<string, string>,
): { part: ScheduleDefinition } | { problems: ScheduleProblem[] } {
  const checked = checkPart(scheduleDefinition, file, path, value);
  if ('problems' in checked) return checked;
  const { id } = checked.part;
  const at = (key: string, words: Words) => ({ problems: [problem(file.name, file.lineOf([...path, key]), words)] });
  const elsewhere = seen.get(id);
  if (elsewhere !== undefined)
    return at('id', { vi: `mã lịch “${id}” đã có trong ${elsewhere}`, en: `the schedule id “${id}” is already in ${elsewhere}` });
  seen.set(id, file.name);
  const fault = faultOfRecurrence(checked.part);
  if (fault) return at(checked.part.rrule === undefined ? 'dailyTimes' : 'rrule', fault);
  return checked;
}
