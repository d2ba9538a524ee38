import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { LastLines } from './last-lines.ts';
import { NICENESS, prefer } from './priority.ts';
import { asAccountArguments, type ServiceAccount } from './service-account.ts';

const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 15_000;
/** A life this long counts as healthy: the next death starts the back-off from the beginning. */
const STABLE_AFTER_MS = 60_000;
const READINESS_PERIOD_MS = 20;
const KEPT_LINES = 20;

export type ProcessEvent =
  | { kind: 'started'; name: string; pid: number; readyAfterMs: number }
  | { kind: 'died'; name: string; pid: number | undefined; how: string; lastLines: string[]; restartInMs: number }
  | { kind: 'restarted'; name: string; pid: number; downMs: number };

export interface SupervisedProcessOptions {
  /** The program's name for persons: "PostgreSQL". */
  name: string;
  command: string;
  args: readonly string[];
  /** Its data folder; also how a leftover of it is recognised. */
  workingDirectory: string;
  /** The whole environment: the controller's own, with its secrets, isn't handed on. */
  environment: Readonly<Record<string, string>>;
  account: ServiceAccount | undefined;
  /** What the kernel sends to the program when the controller dies without closing (SIGKILL, crash). */
  orphanSignal: 'KILL' | 'QUIT';
  /** Asks for an orderly end. */
  stopSignal: NodeJS.Signals;
  stopTimeoutMs: number;
  readyTimeoutMs: number;
  /** Runs before every start, also before a restart. */
  prepare: () => Promise<void>;
  /** Asked when it ended by itself instead of starting (not when somebody killed it): true says that another try, at once, may succeed. */
  repair?: (lastLines: string[]) => Promise<boolean>;
  /** Without it the controller starts all the same, and it is tried again and again. */
  isDispensable?: boolean;
  isReady: () => Promise<boolean>;
  clock: Clock;
  logger: Logger;
  onEvent?: (event: ProcessEvent) => void;
}

export interface SupervisedProcess {
  /** Resolves when the program answers. @throws AppError `processes.not_started` with the program's last words. */
  start(): Promise<void>;
  close(): Promise<void>;
  pid(): number | undefined;
  lastLines(): string[];
}

/**
 * A program that lives exactly as long as the controller: started, asked until it answers, started again when it dies,
 * ended by `close()`, and ended by the kernel (PR_SET_PDEATHSIG, set by setpriv after the change of account, which would clear it)
 * when the controller dies without a word. Its own session keeps a Ctrl-C in the terminal from reaching it before `close()` does.
 *
 * The kernel binds the death signal to the thread that started the program: use it from Node's main thread only.
 */
export function createSupervisedProcess(options: SupervisedProcessOptions): SupervisedProcess {
  const { name, clock, logger } = options;
  const lines = new LastLines(KEPT_LINES);
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let closing = false;
  let restartTimer: Timer | undefined;
  let restarting: Promise<void> | undefined;
  let backOffMs = FIRST_BACK_OFF_MS;
  let stableSinceMs = 0;
  let diedAtMs = 0;

  function launch(): ChildProcess {
    const started = spawn(
      'setpriv',
      [`--pdeathsig=${options.orphanSignal}`, ...asAccountArguments(options.account), '--', options.command, ...options.args],
      { cwd: options.workingDirectory, env: { ...options.environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        for (const line of lines.add(chunk)) logger.debug({ process: name, line }, 'process output');
      });
    }
    ended = new Promise((resolve) => {
      started.once('error', (error) => {
        lines.add(`${errorText(error)}\n`);
        resolve();
      });
      started.once('exit', () => resolve());
    });
    if (started.pid !== undefined) prefer(started.pid, NICENESS.store);
    child = started;
    return started;
  }

  async function startOnce(): Promise<{ pid: number; readyAfterMs: number }> {
    try {
      return await tryOnce();
    } catch (error) {
      const endedByItself = error instanceof AppError && typeof error.details?.exitCode === 'number';
      if (closing || !endedByItself || !(await options.repair?.(lines.all()))) throw error;
      return tryOnce();
    }
  }

  async function tryOnce(): Promise<{ pid: number; readyAfterMs: number }> {
    await options.prepare();
    lines.clear();
    const startedAtMs = clock.monotonicMs();
    const started = launch();
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver && !closing && clock.monotonicMs() - startedAtMs < options.readyTimeoutMs) {
      if (await options.isReady()) {
        stableSinceMs = clock.monotonicMs();
        void ended.then(() => onEnd(started));
        return { pid: started.pid ?? 0, readyAfterMs: stableSinceMs - startedAtMs };
      }
      await clock.sleep(READINESS_PERIOD_MS);
    }
    const how = isOver ? describeEnd(started) : `no answer within ${Math.round(options.readyTimeoutMs / 1000)} s`;
    const { exitCode } = started;
    if (!isOver) started.kill('SIGKILL');
    await ended;
    child = undefined;
    throw notStarted(name, how, lines.all(), exitCode);
  }

  function onEnd(ended: ChildProcess): void {
    if (closing || child !== ended) return;
    child = undefined;
    diedAtMs = clock.monotonicMs();
    if (diedAtMs - stableSinceMs > STABLE_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS;
    announceDeath(ended.pid, describeEnd(ended), lines.all());
  }

  function announceDeath(pid: number | undefined, how: string, lastLines: string[]): void {
    const restartInMs = backOffMs;
    backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS);
    logger.error({ process: name, pid, how, lastLines, restartInMs }, 'a private server died; starting it again');
    options.onEvent?.({ kind: 'died', name, pid, how, lastLines, restartInMs });
    restartTimer = clock.after(`restart ${name}`, restartInMs, () => {
      restarting = restart();
    });
  }

  async function restart(): Promise<void> {
    try {
      const { pid } = await startOnce();
      const downMs = clock.monotonicMs() - diedAtMs;
      logger.info({ process: name, pid, downMs: Math.round(downMs) }, 'a private server is back');
      options.onEvent?.({ kind: 'restarted', name, pid, downMs });
    } catch (error) {
      if (!closing) announceDeath(undefined, errorText(error), lines.all());
    }
  }

  return {
    async start() {
      const begun = await startOnce().catch((error: unknown) => {
        if (!options.isDispensable || closing) throw error;
        diedAtMs = clock.monotonicMs();
        announceDeath(undefined, errorText(error), lines.all());
      });
      if (!begun) return;
      const { pid, readyAfterMs } = begun;
      logger.info({ process: name, pid, readyAfterMs: Math.round(readyAfterMs) }, 'private server started');
      options.onEvent?.({ kind: 'started', name, pid, readyAfterMs });
    },
    async close() {
      closing = true;
      restartTimer?.cancel();
      await restarting;
      const running = child;
      if (!running) return;
      child = undefined;
      running.kill(options.stopSignal);
      const force = clock.after(`force ${name} to stop`, options.stopTimeoutMs, () => {
        logger.warn({ process: name, pid: running.pid }, 'the private server did not stop when asked; killing it');
        running.kill('SIGKILL');
      });
      await ended;
      force.cancel();
    },
    pid: () => child?.pid,
    lastLines: () => lines.all(),
  };
}

function describeEnd(ended: ChildProcess): string {
  return ended.signalCode ? `killed by ${ended.signalCode}` : `exit code ${ended.exitCode ?? 'unknown'}`;
}

function notStarted(name: string, how: string, lastLines: string[], exitCode: number | null): AppError {
  const words = lastLines.slice(-3).join(' | ');
  return new AppError({
    code: 'processes.not_started',
    status: 503,
    words: {
      vi: `Không khởi động được ${name} (${how}). ${words}`,
      en: `${name} did not start (${how}). ${words}`,
    },
    details: { name, how, exitCode, lastLines },
  });
}
