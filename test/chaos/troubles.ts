import { writeFileSync } from 'node:fs';
import type { SystemClock } from '../../controller/clock.ts';
import type { Random } from '../../speaker-firmware-sim/random.ts';
import type { CommuneProcess } from '../support/commune-process.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { relayKilled } from './relay-killed.ts';

const POSTGRES = /postgres.* -D /;
const REDIS = /redis-server/;
const WORKER = /mediasoup-worker/;

export interface Scene {
  commune: CommuneProcess;
  clock: SystemClock;
  random: Random;
  /** The data folder's own file system; undefined: none can be mounted here. */
  disk: SmallDisk | undefined;
  /** What the wall clock of the controller is told (libfaketime(1), FAKETIME_TIMESTAMP_FILE); undefined: it is not installed. */
  clockFile: string | undefined;
}

export interface Trouble {
  name: string;
  /** Why it can't be made here. */
  missing?(scene: Scene): string | undefined;
  /** From its beginning until it is mended. What the system does about it comes after that. @returns what went wrong meanwhile, where it looks itself */
  run(scene: Scene): Promise<readonly string[] | undefined> | Promise<void>;
}

const MINUTE_S = 60;
const STEPS_S = [-60 * MINUTE_S, -40, -1, 1, 40, 60 * MINUTE_S, 26 * 60 * MINUTE_S];

/** Everything that a power cut, a full disk, a bad clock or a sick process does to a small server. */
export const TROUBLES: readonly Trouble[] = [
  { name: 'controller killed', run: killed },
  { name: 'relay at a kill', run: relayKilled },
  { name: 'PostgreSQL killed', run: async (scene) => kill(scene, POSTGRES) },
  { name: 'PostgreSQL hangs', run: async (scene) => hang(scene, POSTGRES, pauseMs(scene, 8000)) },
  { name: 'Redis killed', run: async (scene) => kill(scene, REDIS) },
  { name: 'Redis hangs', run: async (scene) => hang(scene, REDIS, pauseMs(scene, 8000)) },
  { name: 'media workers killed', run: async (scene) => kill(scene, WORKER) },
  { name: 'media workers hang', run: async (scene) => hang(scene, WORKER, pauseMs(scene, 2000)) },
  { name: 'controller hangs', run: hungController },
  { name: 'disk full', missing: noDisk, run: full },
  { name: 'disk full, controller killed', missing: noDisk, run: fullAndKilled },
  { name: 'PostgreSQL hangs, controller killed', run: hungAndKilled },
  { name: 'clock steps', missing: noClock, run: stepped },
];

function pauseMs({ random }: Scene, mostMs: number): number {
  return 500 + random.next() * (mostMs - 500);
}

function kill({ commune }: Scene, name: RegExp): void {
  for (const pid of commune.children(name)) signal(pid, 'SIGKILL');
}

async function hang({ commune, clock }: Scene, name: RegExp, forMs: number): Promise<void> {
  const pids = commune.children(name);
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await clock.sleep(forMs);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

async function killed({ commune }: Scene): Promise<void> {
  await commune.killController();
  await commune.startController();
}

async function hungController(scene: Scene): Promise<void> {
  const pid = scene.commune.controller?.pid ?? 0;
  signal(pid, 'SIGSTOP');
  await scene.clock.sleep(pauseMs(scene, 3000));
  signal(pid, 'SIGCONT');
}

async function full(scene: Scene): Promise<void> {
  scene.disk?.fill();
  await scene.clock.sleep(pauseMs(scene, 6000));
  scene.disk?.free();
}

async function fullAndKilled(scene: Scene): Promise<void> {
  scene.disk?.fill();
  await scene.clock.sleep(pauseMs(scene, 4000));
  await scene.commune.killController();
  scene.disk?.free();
  await scene.commune.startController();
}

async function hungAndKilled(scene: Scene): Promise<void> {
  const pids = scene.commune.children(POSTGRES);
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await scene.clock.sleep(pauseMs(scene, 6000));
  await scene.commune.killController();
  for (const pid of pids) signal(pid, 'SIGCONT');
  await scene.commune.startController();
}

async function stepped(scene: Scene): Promise<void> {
  const offsetS = STEPS_S[Math.floor(scene.random.next() * STEPS_S.length)] ?? 0;
  setClock(scene, offsetS);
  await scene.clock.sleep(pauseMs(scene, 6000));
  setClock(scene, 0);
}

export function setClock({ clockFile }: Pick<Scene, 'clockFile'>, offsetS: number): void {
  if (clockFile) writeFileSync(clockFile, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
}

function noDisk({ disk }: Scene): string | undefined {
  return disk ? undefined : 'no file system can be mounted here';
}

function noClock({ clockFile }: Scene): string | undefined {
  return clockFile ? undefined : 'libfaketime is not installed';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
