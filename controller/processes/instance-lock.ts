import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import type { SetAside } from './set-aside.ts';

const CONFLICT_EXIT_CODE = 75;

export interface InstanceLock {
  release(): Promise<void>;
}

/**
 * Takes the lock that keeps a second controller off the same data.
 *
 * The lock is flock(2) on an open file: it belongs to the open file itself, so the short-lived `flock` program can put it on a file that *we*
 * keep open. The kernel drops it at the instant this process ends, however it ends: no stale lock, no pid to guess about.
 * @throws AppError `processes.already_running`, saying which process holds it and since when.
 */
export async function takeInstanceLock(options: { path: string; nowMs: number } & Pick<SetAside, 'setAside'>): Promise<InstanceLock> {
  // Nobody can hold a lock on a pipe or a folder.
  const found = await stat(options.path).catch(() => undefined);
  if (found && !found.isFile()) await options.setAside(options.path, { vi: 'không phải là tập tin thường', en: 'it is not a plain file' });
  const file = await open(options.path, 'a+', 0o600);
  try {
    await lockOpenFile(file, options.path);
    await file.truncate(0);
    // Only words for whoever comes second; a full disk must not keep us from starting.
    await file.write(`${JSON.stringify({ pid: process.pid, since: new Date(options.nowMs).toISOString() })}\n`).catch(() => undefined);
  } catch (error) {
    await file.close();
    throw error;
  }
  let released: Promise<void> | undefined;
  return { release: () => (released ??= file.close()) };
}

async function lockOpenFile(file: FileHandle, path: string): Promise<void> {
  const program = spawn('flock', ['--nonblock', `--conflict-exit-code=${CONFLICT_EXIT_CODE}`, '3'], {
    stdio: ['ignore', 'ignore', 'inherit', file.fd],
  });
  const [exitCode] = (await once(program, 'exit')) as [number | null];
  if (exitCode === 0) return;
  if (exitCode !== CONFLICT_EXIT_CODE) throw new Error(`flock on ${path} failed with exit code ${exitCode}`);
  const holder = readHolder(await file.readFile('utf8'));
  throw new AppError({
    code: 'processes.already_running',
    status: 409,
    words: {
      vi: `Thư mục dữ liệu này đang được một bộ điều khiển khác sử dụng${holder.vi}. Hãy dừng nó, hoặc chọn thư mục khác bằng --data-dir.`,
      en: `Another controller is using this data directory${holder.en}. Stop it, or choose another folder with --data-dir.`,
    },
    details: { path, ...holder.facts },
  });
}

function readHolder(text: string): { vi: string; en: string; facts: Record<string, unknown> } {
  try {
    const { pid, since } = JSON.parse(text) as { pid: number; since: string };
    return { vi: ` (tiến trình ${pid}, từ ${since})`, en: ` (process ${pid}, since ${since})`, facts: { pid, since } };
  } catch {
    // The holder took the lock this very moment and hasn't written its name yet.
    return { vi: '', en: '', facts: {} };
  }
}
