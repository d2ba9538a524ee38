import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorText, type Words } from '../errors.ts';
import type { ConditionIdentity } from '../protocol/conditions.ts';
import type { Logger } from '../telemetry/logger.ts';

const FOLDER = 'set-aside';
/** Of the same name: something that breaks at every start must not fill the disk. */
const MOST_KEPT = 5;

/** What a person should know of what was found at the start. */
export interface Finding extends Words, ConditionIdentity {}

/** Keeps what can't be used instead of deleting it, so that the start goes on without it and a person can look at it later. */
export interface SetAside {
  /**
   * Moves a file or a folder of the data directory to `set-aside/<date>-<name>`. Never throws: what can't be moved is told and stays.
   * @param why what is wrong with it
   * @returns whether its place is free
   */
  setAside(path: string, why: Words): Promise<boolean>;
  /** Adds what was found by others. */
  note(finding: Finding): void;
  /** Told what was found already, and what will be. */
  onFinding(listener: (finding: Finding) => void): void;
}

export function createSetAside(options: { dataDirectory: string; clock: Clock; logger: Logger }): SetAside {
  const { clock, logger } = options;
  const folder = join(options.dataDirectory, FOLDER);
  const findings: Finding[] = [];
  const listeners: ((finding: Finding) => void)[] = [];

  function note(finding: Finding): void {
    findings.push(finding);
    for (const listener of listeners) listener(finding);
  }

  async function forgetOldest(name: string): Promise<void> {
    const same = (await readdir(folder)).filter((one) => one.endsWith(`-${name}`)).sort();
    for (const one of same.slice(0, -MOST_KEPT)) await rm(join(folder, one), { recursive: true, force: true });
  }

  return {
    note,
    onFinding(listener) {
      listeners.push(listener);
      findings.forEach(listener);
    },
    async setAside(path, why) {
      const name = basename(path);
      try {
        if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) await rm(folder, { force: true });
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const target = join(folder, `${new Date(clock.nowMs()).toISOString().replaceAll(':', '-')}-${name}`);
        await rename(path, target);
        logger.error({ path, target, why: why.en }, 'set aside what can’t be used; the start goes on without it');
        note({
          code: 'start.set_aside',
          subject: name,
          vi: `${path} không dùng được (${why.vi}) nên đã được cất riêng vào ${target}; hệ thống vẫn khởi động và tạo cái mới. Hãy kiểm tra ổ đĩa.`,
          en: `${path} can't be used (${why.en}). It was set aside as ${target}; the start went on with a new one. Check the disk.`,
        });
        await forgetOldest(name).catch((error: unknown) => logger.warn({ folder, error: errorText(error) }, 'old files stay set aside'));
        return true;
      } catch (error) {
        logger.error({ path, why: why.en, error: errorText(error) }, 'what can’t be used can’t be set aside either');
        note({
          code: 'start.set_aside',
          subject: name,
          vi: `${path} không dùng được (${why.vi}) và cũng không di chuyển đi được (${errorText(error)}). Hãy tự di chuyển nó khỏi thư mục dữ liệu.`,
          en: `${path} can't be used (${why.en}), and it can't be moved away either (${errorText(error)}). Move it out of the data directory by hand.`,
        });
        return false;
      }
    },
  };
}
