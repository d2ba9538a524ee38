import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import createCommand, { type FfmpegCommand, type FfprobeData } from 'fluent-ffmpeg';
import { FfmpegError } from './ffmpeg-error.ts';

const LIMITED_FFMPEG = fileURLToPath(new URL('./limited.sh', import.meta.url));
const LIMITED_FFPROBE = fileURLToPath(new URL('./limited-ffprobe.sh', import.meta.url));
const KEPT_LINES = 60;
const MAX_LINE_LENGTH = 500;

export interface FfmpegLimits {
  memoryBytes: number;
  cpuSeconds: number;
  /** Of any file it writes. */
  fileBytes: number;
  wallSeconds: number;
}

export interface FfmpegRun {
  input: string;
  inputOptions: readonly string[];
  /** At most one of them a stream. A stream must be made with `emitClose: false`: the wrapper takes its close for a failure. */
  outputs: readonly { target: string | Writable; options: readonly string[] }[];
  limits: FfmpegLimits;
  /** Aborting kills the whole process group. */
  signal?: AbortSignal | undefined;
  /** Every line of standard error. */
  onLine?: (line: string) => void;
}

/**
 * Runs ffmpeg to its end inside limits (see limited.sh). This file is the only one that knows fluent-ffmpeg.
 * @returns the last lines of standard error
 * @throws FfmpegError, or the signal's reason when aborted
 */
export function runFfmpeg(run: FfmpegRun): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  if (run.signal?.aborted) return Promise.reject(run.signal.reason);
  const lines: string[] = [];
  const command = createCommand({ stdoutLines: KEPT_LINES }).setFfmpegPath(LIMITED_FFMPEG);
  command.input(run.input).inputOptions([limitsArgument(run.limits), '-nostdin', ...run.inputOptions]);
  for (const { target, options } of run.outputs) {
    command.output(target, { end: true }).outputOptions([...options]);
  }
  const kill = (): void => killGroup(command);
  run.signal?.addEventListener('abort', kill, { once: true });
  // Never listen to 'progress': fluent-ffmpeg then probes the input by itself, without any of these limits.
  command.on('start', () => {
    if (run.signal?.aborted) kill();
  });
  command.on('stderr', (line: string) => {
    run.onLine?.(line);
    if (/^[a-z_0-9]+=/.test(line) || line.trim() === '') return;
    lines.push(line.slice(0, MAX_LINE_LENGTH));
    if (lines.length > KEPT_LINES) lines.shift();
  });
  const settle = (error?: Error): void => {
    run.signal?.removeEventListener('abort', kill);
    if (run.signal?.aborted) reject(run.signal.reason);
    else if (error) reject(toFfmpegError(error, lines));
    else resolve(lines.join('\n'));
  };
  command.on('error', settle);
  command.on('end', () => settle());
  command.run();
  return promise;
}

/**
 * What a file says it is, by ffprobe, inside limits of time and memory.
 * @throws FfmpegError
 */
export function probeFile(input: string, options: readonly string[]): Promise<FfprobeData> {
  const { promise, resolve, reject } = Promise.withResolvers<FfprobeData>();
  const command = createCommand().setFfprobePath(LIMITED_FFPROBE).input(input);
  command.ffprobe([...options], (error: Error | null, data) => {
    if (error) reject(toFfmpegError(error, [error.message]));
    else resolve(data);
  });
  return promise;
}

function limitsArgument(limits: FfmpegLimits): string {
  const numbers = [limits.memoryBytes / 1024, limits.cpuSeconds, limits.fileBytes / 512, limits.wallSeconds].map((value) =>
    Math.ceil(value),
  );
  return `--limits=${numbers.join(':')}:ffmpeg`;
}

/** The library keeps the child to itself; killing it alone would leave its group behind. */
function killGroup(command: FfmpegCommand): void {
  const child = (command as unknown as { ffmpegProc?: ChildProcess }).ffmpegProc;
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is made a moment after the process; until then the process is all there is.
    child.kill('SIGKILL');
  }
}

function toFfmpegError(error: Error, lines: readonly string[]): FfmpegError {
  const stderr = lines.join('\n');
  const missing = /ENOENT|Cannot find ff|exited with code 12[67]/.test(error.message);
  const killed = /signal|exited with code (137|124)|timeout/.test(error.message);
  return new FfmpegError(
    missing ? 'missing' : killed ? 'killed' : 'failed',
    error.message.split('\n')[0] ?? 'ffmpeg failed',
    stderr,
    error,
  );
}
