import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { confinementArguments, LIMITED, ownCodeArguments } from './confinement.ts';
import { FfmpegError } from './ffmpeg-error.ts';
import { handOver, takeBack, toolAccount } from './tool-account.ts';
import { reasonOf } from './tool-end.ts';

const KEPT_STDERR = 16_384;

export interface ToolLimits {
  memoryBytes: number;
  cpuSeconds: number;
  /** Of any file it writes. */
  fileBytes: number;
  wallSeconds: number;
}

export interface LimitedRun {
  program: string;
  args: readonly string[];
  limits: ToolLimits;
  /** The program finds it at /dev/fd/3. */
  read?: string;
  /** Made or emptied; the program finds it at /dev/fd/4. */
  write?: string;
  stdin?: string;
  /** A program that says more is ended: 'limit'. */
  maxStdoutBytes: number;
  signal?: AbortSignal | undefined;
  /** Runs as the controller itself, and may read these paths: for our own code, which lies where the tools' account may not pass. */
  asController?: { paths: readonly string[] };
}

/**
 * Runs a program other than ffmpeg itself to its end inside limits (see limited.sh).
 * @returns its standard output
 * @throws FfmpegError, or the signal's reason when aborted
 */
export async function runLimited(run: LimitedRun): Promise<string> {
  const { program, signal, write } = run;
  const handed = await handOver({ read: run.read, write }, run.asController ? undefined : await toolAccount());
  const confined = run.asController ? await ownCodeArguments(run.asController.paths) : await confinementArguments();
  signal?.throwIfAborted();
  const child = spawn(LIMITED, [limitsArgument(run.limits, program), ...confined, ...handed, ...run.args], { stdio: 'pipe' });
  const kill = (): void => killGroup(child.pid);
  signal?.addEventListener('abort', kill, { once: true });
  const stdout: Buffer[] = [];
  let bytes = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > run.maxStdoutBytes) kill();
    else stdout.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-KEPT_STDERR);
  });
  // A program may stop reading when it fails; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.stdin ?? '');
  try {
    const [code, endSignal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal?.throwIfAborted();
    if (bytes > run.maxStdoutBytes) throw new FfmpegError('limit', `${program} said more than ${run.maxStdoutBytes} bytes`, stderr);
    if (code !== 0) {
      throw new FfmpegError(reasonOf({ code, signal: endSignal, stderr }), `${program} ended with ${code ?? endSignal}`, stderr);
    }
    return Buffer.concat(stdout).toString('utf8');
  } finally {
    signal?.removeEventListener('abort', kill);
    if (write !== undefined) await takeBack(write);
  }
}

export function limitsArgument(limits: ToolLimits, program: string): string {
  const numbers = [limits.memoryBytes / 1024, limits.cpuSeconds, limits.fileBytes / 512, limits.wallSeconds].map((value) =>
    Math.ceil(value),
  );
  return `--limits=${numbers.join(':')}:${program}`;
}

/** Killing the child alone could leave what it is about to start. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return;
    } catch {
      // The group is made a moment after the process; until then the process is all there is.
    }
  }
}
