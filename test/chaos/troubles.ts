import { writeFileSync } from 'node:fs';
import type { SystemClock } from '../../controller/clock.ts';
import type { Random } from '../../speaker-firmware-sim/random.ts';
import type { CommuneProcess } from '../support/commune-process.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { relayKilled } from './relay-killed.ts';

const POSTGRES = /postgres.* -D /;
const REDIS = /redis-server/;
const WORKER = /mediasoup-worker/;

export interface Scene {
  commune: CommuneProcess;
  clock: SystemClock;
  random: Random;
  /** The data folder's own file system, and PostgreSQL's inside it; undefined: none can be mounted here. */
  disks: { data: SmallDisk; postgres: SmallDisk } | undefined;
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

type Disk = 'data' | 'postgres';
const BOTH: readonly Disk[] = ['data', 'postgres'];
const MINUTE_S = 60;
/** They are looked after every ten seconds. */
const RESERVED_LIMIT_MS = 30_000;
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
  { name: 'disk full, controller killed', missing: noDisk, run: async (scene) => fullAndKilled(scene, BOTH) },
  { name: 'PostgreSQL’s disk full, controller killed', missing: noDisk, run: async (scene) => fullAndKilled(scene, ['postgres']) },
  { name: 'data disk full, controller killed', missing: noDisk, run: async (scene) => fullAndKilled(scene, ['data']) },
  { name: 'not a byte free at the start', missing: noDisk, run: fullAtStart },
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

/** What an earlier trouble has used of the reserves is there again. @returns how to free them */
async function fill({ disks, commune }: Scene, names: readonly Disk[]): Promise<() => void> {
  await until('room is reserved', () => commune.hasReserves(), RESERVED_LIMIT_MS, 250);
  for (const name of names) disks?.[name].fill();
  return () => {
    for (const name of names) disks?.[name].free();
  };
}

async function full(scene: Scene): Promise<void> {
  const free = await fill(scene, BOTH);
  await scene.clock.sleep(pauseMs(scene, 6000));
  free();
}

async function fullAndKilled(scene: Scene, names: readonly Disk[]): Promise<void> {
  const free = await fill(scene, names);
  await scene.clock.sleep(pauseMs(scene, 4000));
  await scene.commune.killController();
  free();
  await scene.commune.startController();
}

/** Loudspeakers first: the start itself must not need the room. */
async function fullAtStart(scene: Scene): Promise<void> {
  const free = await fill(scene, BOTH);
  try {
    await scene.commune.killController();
    for (const name of BOTH) scene.disks?.[name].fill();
    await scene.commune.startController();
    await scene.clock.sleep(pauseMs(scene, 4000));
  } finally {
    free();
  }
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

function noDisk({ disks }: Scene): string | undefined {
  return disks ? undefined : 'no file system can be mounted here';
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
