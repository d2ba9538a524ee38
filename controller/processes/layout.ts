import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Words } from '../errors.ts';
import type { SetAside } from './set-aside.ts';

/** What each name in the data directory has to be. The database and the authority's key are not here: nothing may take their place. */
const FOLDERS = ['redis', 'run', 'journal', 'masters', 'tmp', 'uploads', 'aired', 'log', 'programs', 'unlock', 'demo', 'reserve'];
const FILES = [
  'first-login.txt',
  'tls/server.pem',
  'tls/ca.crt',
  'journal/unwritten.jsonl',
  'journal/refused.jsonl',
  'journal/audit-head',
  'log/controller.log',
  'log/controller.log.1',
];
/** Sockets and their locks are removed before a server starts; a folder can't be. */
const SOCKETS = ['run/redis.sock', 'run/.s.PGSQL.5432', 'run/.s.PGSQL.5432.lock'];
/** A server that opens a pipe waits for whoever writes into it: for ever. */
const READ_BY_SERVERS = ['redis'];

const NOT_A_FOLDER: Words = { vi: 'không phải là thư mục', en: 'it is not a folder' };
const NOT_A_FILE: Words = { vi: 'không phải là tập tin thường', en: 'it is not a plain file' };
const IS_A_FOLDER: Words = { vi: 'là một thư mục', en: 'it is a folder' };
const CLOSED: Words = { vi: 'thuộc về người dùng khác nên không mở được', en: 'it belongs to another user and can’t be opened' };

/**
 * Sets aside whatever stands where something else belongs (a pipe or a folder in a file's place, a file in a folder's, what another user
 * owns), before anybody opens it: opening a pipe hangs, and each of these would end the start.
 */
export async function clearTheWay(dataDirectory: string, { setAside }: Pick<SetAside, 'setAside'>): Promise<void> {
  for (const name of FOLDERS) {
    const path = join(dataDirectory, name);
    // Through a link: a commune may keep its sound on another disk.
    const found = await look(path, stat);
    if (found !== 'none' && (found === 'broken' || !found.isDirectory())) await setAside(path, NOT_A_FOLDER);
  }
  for (const name of FILES) {
    const path = join(dataDirectory, name);
    const found = await look(path, stat);
    if (found === 'none') continue;
    if (found === 'broken' || !found.isFile()) await setAside(path, NOT_A_FILE);
    else if (!(await canOpen(path))) await setAside(path, CLOSED);
  }
  for (const name of SOCKETS) {
    const path = join(dataDirectory, name);
    const found = await look(path, lstat);
    if (typeof found === 'object' && found.isDirectory()) await setAside(path, IS_A_FOLDER);
  }
  for (const name of READ_BY_SERVERS) {
    const path = join(dataDirectory, name);
    if (await holdsDevices(path)) await setAside(path, NOT_A_FILE);
  }
}

/** 'broken': a link to nowhere, or a place that can't be looked at. */
async function look(path: string, how: (path: string) => Promise<Stats>): Promise<Stats | 'none' | 'broken'> {
  try {
    return await how(path);
  } catch {
    return (await lstat(path).catch(() => undefined)) ? 'broken' : 'none';
  }
}

function canOpen(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function holdsDevices(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.some((entry) => !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink());
}
