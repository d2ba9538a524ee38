import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const LOOK_PERIOD_MS = 1000;
const LARGEST_BYTES = 1024;
const ANSWER_WITHIN_MS = 10_000;
const ANSWER_POLL_MS = 200;
const unlockRequest = z.object({ username: z.string().min(1).max(100) });
const unlockAnswer = z.object({ outcome: z.enum(['unlocked', 'no_such_account', 'failed']) });
export type UnlockOutcome = z.infer<typeof unlockAnswer>['outcome'];

const folderOf = (dataDir: string): string => join(dataDir, 'unlock');

/**
 * Who may write into the data directory may unlock an account: a file there is the request, and the running controller does it, so that the
 * audit trail has one writer. For the case that nobody can log in any more.
 */
export class UnlockRequests {
  readonly #deps: { dataDir: string; clock: Clock; logger: Logger; unlock(username: string): Promise<UnlockOutcome> };
  #timer: Timer | undefined;
  #looking = false;

  constructor(deps: { dataDir: string; clock: Clock; logger: Logger; unlock(username: string): Promise<UnlockOutcome> }) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { dataDir, clock } = this.#deps;
    await mkdir(folderOf(dataDir), { recursive: true, mode: 0o700 });
    this.#timer ??= clock.every('unlock requests', LOOK_PERIOD_MS, () => void this.#look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    // A disk that hangs must not pile up looks.
    if (this.#looking) return;
    this.#looking = true;
    const { dataDir, logger } = this.#deps;
    try {
      for (const name of await readdir(folderOf(dataDir))) if (name.endsWith('.request')) await this.#serve(join(folderOf(dataDir), name));
    } catch (error) {
      logger.debug({ error: errorText(error) }, 'no look at the unlock requests');
    } finally {
      this.#looking = false;
    }
  }

  async #serve(file: string): Promise<void> {
    const { logger, unlock } = this.#deps;
    let outcome: UnlockOutcome = 'failed';
    try {
      const found = await lstat(file);
      // Reading a pipe would wait for whoever writes into it, and no request would be seen again.
      if (!found.isFile()) throw new Error('the request is no plain file');
      if (found.size > LARGEST_BYTES) throw new Error('the request is too large');
      const { username } = unlockRequest.parse(JSON.parse(await readFile(file, 'utf8')));
      outcome = await unlock(username);
      logger.info({ username, outcome }, 'an unlock was asked for on the server');
    } catch (error) {
      logger.warn({ file, error: errorText(error) }, 'an unlock request failed');
    }
    await rm(file, { recursive: true, force: true });
    await writeFile(file.replace(/request$/, 'answer'), JSON.stringify({ outcome }), { mode: 0o600 });
  }
}

/** The other side: asks the controller that runs on this data directory. undefined: none has answered. */
export async function askToUnlock(dataDir: string, username: string, clock: Clock): Promise<UnlockOutcome | undefined> {
  const name = join(folderOf(dataDir), randomUUID());
  // Under another name until it is whole.
  await writeFile(`${name}.part`, JSON.stringify({ username }), { mode: 0o600 });
  await rename(`${name}.part`, `${name}.request`);
  try {
    for (let waitedMs = 0; waitedMs < ANSWER_WITHIN_MS; waitedMs += ANSWER_POLL_MS) {
      const text = await readFile(`${name}.answer`, 'utf8').catch(() => '');
      const answer = text === '' ? undefined : unlockAnswer.parse(JSON.parse(text));
      if (answer) return answer.outcome;
      await clock.sleep(ANSWER_POLL_MS);
    }
    return undefined;
  } finally {
    await rm(`${name}.request`, { force: true });
    await rm(`${name}.answer`, { force: true });
  }
}
