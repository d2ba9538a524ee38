import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import createCommand from 'fluent-ffmpeg';
import { confinementArguments, LIMITED } from './confinement.ts';
import { FfmpegError } from './ffmpeg-error.ts';
import { killGroup, limitsArgument, type ToolLimits } from './limited-run.ts';
import { handOver, takeBack, toolAccount } from './tool-account.ts';
import { reasonOf } from './tool-end.ts';

const KEPT_LINES = 60;
const MAX_LINE_LENGTH = 500;
/** ffmpeg prints every tag of a file; the library keeps a line until it ends, however long it gets. */
const MOST_UNBROKEN_STDERR = 256 * 1024;
const MOST_STDERR = 64 * 1024 * 1024;

export type FfmpegLimits = ToolLimits;

export interface FfmpegRun {
  /** A file; or an address, through the proxy at this port of the machine: there is no other network for it. */
  input: { file: string } | { url: string; proxyPort: number };
  inputOptions: readonly string[];
  /**
   * A stream, a file, or '-' for nothing; at most one stream and one file. A stream must be made with `emitClose: false`: the wrapper
   * takes its close for a failure.
   */
  outputs: readonly { target: string | Writable; options: readonly string[] }[];
  limits: FfmpegLimits;
  /** What it makes is sent as it is made: it keeps the controller's own priority. */
  onAir?: boolean;
  /** Aborting kills the whole process group. */
  signal?: AbortSignal | undefined;
  /** Every line of standard error. */
  onLine?: (line: string) => void;
}

/**
 * Runs ffmpeg to its end inside limits (see limited.sh). This file is the only one that knows fluent-ffmpeg. Its ffprobe is not used: it
 * collects without bound what a stranger's file makes the program say, tags and all, and parses it line by line on the main thread.
 * @returns the last lines of standard error
 * @throws FfmpegError, or the signal's reason when aborted
 */
export async function runFfmpeg(run: FfmpegRun): Promise<string> {
  const write = run.outputs.map(({ target }) => target).find((target) => typeof target === 'string' && target !== '-') as
    | string
    | undefined;
  run.signal?.throwIfAborted();
  const handed = [
    ...(await confinementArguments('file' in run.input ? undefined : run.input.proxyPort)),
    ...(await handOver({ read: 'file' in run.input ? run.input.file : undefined, write }, await toolAccount())),
  ];
  run.signal?.throwIfAborted();
  try {
    return await runHanded(run, handed);
  } finally {
    if (write !== undefined) await takeBack(write);
  }
}

function runHanded(run: FfmpegRun, handed: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const command = createCommand({ stdoutLines: KEPT_LINES }).setFfmpegPath(LIMITED);
  // Spread: of an array the library would take an option with a space in it apart.
  const [first, ...options] = [
    limitsArgument(run.limits, 'ffmpeg'),
    ...(run.onAir ? ['--on-air'] : []),
    ...handed,
    '-nostdin',
    '-y',
    ...run.inputOptions,
  ];
  command.input('file' in run.input ? 'file:/dev/fd/3' : run.input.url).inputOptions(first ?? '', ...options);
  for (const output of run.outputs) {
    const isFile = typeof output.target === 'string' && output.target !== '-';
    command.output(isFile ? 'file:/dev/fd/4' : output.target, { end: true }).outputOptions([...output.options]);
  }
  let child: ChildProcess | undefined;
  const kill = (): void => killGroup(child?.pid);
  const stderr = boundedStderr(kill);
  run.signal?.addEventListener('abort', kill, { once: true });
  // Never listen to 'progress': fluent-ffmpeg then probes the input by itself, without any of these limits.
  command.on('start', () => {
    // The library keeps the child to itself, and only until it ends.
    child = (command as unknown as { ffmpegProc: ChildProcess }).ffmpegProc;
    child.stderr?.on('data', stderr.count);
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
    else if (error) reject(toFfmpegError(error, child, lines, stderr.exceeded()));
    else resolve(lines.join('\n'));
  };
  command.on('error', settle);
  command.on('end', () => settle());
  command.run();
  return promise;
}

function boundedStderr(kill: () => void): { count(chunk: string): void; exceeded(): boolean } {
  let total = 0;
  let unbroken = 0;
  const exceeded = (): boolean => total > MOST_STDERR || unbroken > MOST_UNBROKEN_STDERR;
  return {
    count(chunk) {
      if (exceeded()) return;
      total += chunk.length;
      const lastEnd = Math.max(chunk.lastIndexOf('\n'), chunk.lastIndexOf('\r'));
      unbroken = lastEnd < 0 ? unbroken + chunk.length : chunk.length - lastEnd - 1;
      if (exceeded()) kill();
    },
    exceeded,
  };
}

function toFfmpegError(error: Error, child: ChildProcess | undefined, lines: readonly string[], saidTooMuch: boolean): FfmpegError {
  const stderr = lines.join('\n');
  const missing = /ENOENT|Cannot find ff/.test(error.message);
  const ended = reasonOf({ code: child?.exitCode ?? null, signal: child?.signalCode ?? null, stderr });
  const reason = saidTooMuch ? 'limit' : missing ? 'missing' : ended;
  return new FfmpegError(reason, error.message.split('\n')[0] ?? 'ffmpeg failed', stderr, error);
}
