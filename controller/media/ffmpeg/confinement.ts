import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toolAccount } from './tool-account.ts';

export const LIMITED = fileURLToPath(new URL('./limited.sh', import.meta.url));

/**
 * What keeps a program that opens what strangers send from the commune's keys, its journal and the socket of its database, should a file make it
 * do what its author wants: an account of its own, where the controller is root and can give it one; a user and mount namespace where the data
 * directory is empty and no network is; and Landlock, by which it may open nothing but what it needs. Kernels and containers forbid one or the
 * other, so each is tried once, and the last two are used together. Our own code in a process of its own (a neural voice) lies where no other account
 * may pass: it runs as the controller, root or not, and has only the last two.
 */
export interface Confinement {
  account: boolean;
  namespace: boolean;
  landlock: boolean;
  /** The folder that is empty for the program. */
  hidden: string | undefined;
}

const run = promisify(execFile);
const TRIAL_LIMIT_S = 60;
/** A confined ffmpeg starts, or there is none on this machine. */
const FFMPEG_STARTS = 'ffmpeg -version || ! command -v ffmpeg';
/** And where it runs, nothing of the folder is left. */
const IS_HIDDEN = 'test -z "$(ls -A "$0")"';

let chosen: Promise<Confinement> | undefined;

/** Tries what this machine has; all programs started from now on are confined by it. @param dataDir hidden from them */
export function confineTools(dataDir: string): Promise<Confinement> {
  chosen = tryOut(dataDir);
  return chosen;
}

/** How programs are confined; without a data directory to hide when nobody named one. */
export function confinement(): Promise<Confinement> {
  chosen ??= tryOut(undefined);
  return chosen;
}

export function isConfined({ account, namespace, landlock }: Confinement): boolean {
  return account || namespace || landlock;
}

/** The same of what runs as the controller. */
export function isOwnCodeConfined({ namespace, landlock }: Confinement): boolean {
  return namespace || landlock;
}

/** Arguments of limited.sh. @param tcpPort of this machine, the only one to which the program may connect; absent: none */
export async function confinementArguments(tcpPort?: number): Promise<string[]> {
  const { account, namespace, landlock, hidden } = await confinement();
  return [
    // An account of its own cannot enter the data directory anyhow.
    ...(namespace && hidden !== undefined && !account ? [`--hide=${hidden}`] : []),
    ...(landlock ? ['--landlock'] : []),
    ...(tcpPort === undefined ? [] : [`--tcp=${tcpPort}`]),
  ];
}

/** The same for our own code, which runs as the controller. @param paths what it may read beside what every program needs; not all need to be there */
export async function ownCodeArguments(paths: readonly string[]): Promise<string[]> {
  const { namespace, landlock, hidden } = await confinement();
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  const opened = found.filter((path) => path !== undefined);
  // What is to be read may lie in the data directory: then Landlock alone opens it, and nothing beside it.
  const mayHide = hidden !== undefined && !(landlock && opened.some((path) => isInside(path, hidden)));
  return [
    ...(namespace && mayHide ? [`--hide=${hidden}`] : []),
    ...(landlock ? ['--landlock', ...opened.map((path) => `--open=${path}`)] : []),
  ];
}

function isInside(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..');
}

async function tryOut(hidden: string | undefined): Promise<Confinement> {
  const account = (await toolAccount()) !== undefined;
  const landlock = await works(['--landlock'], FFMPEG_STARTS);
  const namespace = hidden !== undefined && (await works([`--hide=${hidden}`], `${IS_HIDDEN} && { ${FFMPEG_STARTS}; }`, hidden));
  return { account, namespace, landlock, hidden };
}

async function works(options: readonly string[], script: string, ...args: string[]): Promise<boolean> {
  try {
    await run(LIMITED, [`--limits=4194304:20:0:${TRIAL_LIMIT_S}:sh`, ...options, '-c', script, ...args]);
    return true;
  } catch {
    return false;
  }
}
