import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SimulatorFigures } from './terminal-view.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../speaker-firmware-sim/main.ts');
const STOP_PATIENCE_MS = 5000;
/** Amplifiers that power down are in the field: a quarter of the demo's poles have one. */
const WAKE_UP_MS = 1500;
const WAKE_UP_SHARE = 0.25;
/** Lines of its error output that say nothing of why it ended: usage hints, and what Node prints around an error. */
const NO_REASON = /^\s*(at .*|\^+|[{}]|Node\.js v.*|Try --help\.|)$/;

const figures = z.object({
  speakers: z.number(),
  connected: z.number(),
  receiving: z.number(),
  hearing: z.number(),
  startLatencyMs: z.number().nullable(),
  skewP50Ms: z.number().nullable(),
  skewP99Ms: z.number().nullable(),
  lossPercent: z.number().nullable(),
  concealedPercent: z.number().nullable(),
});

export interface SimulatedSpeakers {
  start(): Promise<void>;
  close(): Promise<void>;
  /** The simulator's last report; null before the first one and when it has ended. */
  figures(): SimulatorFigures | null;
  hasEnded(): boolean;
}

interface SimulatedSpeakersDeps {
  /** Lines for the simulator's --claims; secrets, so they go through a pipe and never to a file or an argument. */
  claims: readonly { claimCode: string; hamletId: string }[];
  identityDirectory: string;
  network: string;
  decodeShare: number;
  clock: Clock;
  logger: Logger;
  /** It ended although nobody asked; `reason` is its own last word, or how it ended. */
  onExit(reason: string): void;
}

/** `npm run sim` as a process of its own: it knows the controller only over the wire. Its reports come back as lines of text. */
export function createSimulatedSpeakers(deps: SimulatedSpeakersDeps): SimulatedSpeakers {
  const { clock, logger } = deps;
  let child: ChildProcess | undefined;
  let last: SimulatorFigures | null = null;
  let stopping = false;
  let ended = false;
  let lastWord: string | undefined;

  return {
    async start() {
      const args = [
        '--claims',
        '-',
        '--identity-dir',
        deps.identityDirectory,
        '--network',
        deps.network,
        '--decode',
        String(deps.decodeShare),
        '--wake-up',
        String(WAKE_UP_MS),
        '--wake-up-share',
        String(WAKE_UP_SHARE),
        '--status-json',
      ];
      child = spawn(process.execPath, [PROGRAM, ...args], {
        // The fourth pipe only tells the simulator that we are gone.
        stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
        env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
      });
      child.stdin?.end(deps.claims.map((claim) => JSON.stringify(claim)).join('\n'));
      // 'close' comes after the last of its output, in which it says why.
      child.on('close', (code, signal) => {
        ended = true;
        if (!stopping) deps.onExit(lastWord ?? (signal ? signal : `exit code ${code}`));
      });
      if (child.stdout) {
        createInterface({ input: child.stdout }).on('line', (line) => {
          try {
            last = figures.parse(JSON.parse(line));
          } catch (error) {
            logger.warn({ err: error }, 'the simulator’s report could not be read');
          }
        });
      }
      if (child.stderr) {
        createInterface({ input: child.stderr }).on('line', (line) => {
          logger.debug({ part: 'simulator' }, line);
          if (!NO_REASON.test(line)) lastWord = line;
        });
      }
      await once(child, 'spawn');
    },
    async close() {
      stopping = true;
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = once(running, 'exit');
      running.kill('SIGTERM');
      const timer = clock.after('simulator stop', STOP_PATIENCE_MS, () => running.kill('SIGKILL'));
      await gone;
      timer.cancel();
    },
    figures: () => (ended ? null : last),
    hasEnded: () => ended,
  };
}
