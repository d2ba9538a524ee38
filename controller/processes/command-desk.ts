import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const LOOK_PERIOD_MS = 1000;
const LARGEST_BYTES = 65_536;
/** A controller that runs looks every second; a slow disk may take some. */
const TAKEN_WITHIN_MS = 5000;
const ANSWER_WITHIN_MS = 600_000;
const POLL_MS = 100;

export type CommandAnswer = { result: unknown } | { failed: Words };

interface DeskOptions {
  dataDir: string;
  clock: Clock;
  logger: Logger;
  /** @throws AppError in words; anything else is a defect */
  serve(command: unknown): Promise<unknown>;
}

const folderOf = (dataDir: string): string => join(dataDir, 'commands');

/**
 * Commands that are given on the server: who may write into the data directory may give them, a file there is the request, and the controller
 * that runs does it, so that everything has one writer.
 */
export class CommandDesk {
  readonly #options: DeskOptions;
  #timer: Timer | undefined;
  #looking = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { dataDir, clock, logger } = this.#options;
    try {
      await mkdir(folderOf(dataDir), { recursive: true, mode: 0o700 });
    } catch (error) {
      // A full disk, or a file in its place, keeps nothing from sounding.
      logger.warn({ error: errorText(error) }, 'no commands can be given on the server');
    }
    this.#timer ??= clock.every('commands on the server', LOOK_PERIOD_MS, () => void this.#look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    // A disk that hangs must not pile up looks.
    if (this.#looking) return;
    this.#looking = true;
    const folder = folderOf(this.#options.dataDir);
    try {
      for (const name of await readdir(folder)) if (name.endsWith('.request')) await this.#take(join(folder, name));
    } catch (error) {
      this.#options.logger.debug({ error: errorText(error) }, 'no look at the commands');
    } finally {
      this.#looking = false;
    }
  }

  async #take(request: string): Promise<void> {
    const { logger, serve } = this.#options;
    const taken = request.replace(/request$/, 'taken');
    await rename(request, taken);
    let answer: CommandAnswer;
    try {
      if ((await stat(taken)).size > LARGEST_BYTES) throw new Error('the request is too large');
      const command: unknown = JSON.parse(await readFile(taken, 'utf8'));
      logger.info({ command }, 'a command was given on the server');
      answer = { result: await serve(command) };
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'a command on the server failed');
      answer = { failed: wordsOf(error) };
    }
    await rm(taken, { force: true });
    const part = request.replace(/request$/, 'part');
    await writeFile(part, JSON.stringify(answer), { mode: 0o600 });
    await rename(part, request.replace(/request$/, 'answer'));
  }
}

export function wordsOf(error: unknown): Words {
  if (error instanceof AppError) return error.words;
  return { vi: `Không làm được: ${errorText(error)}`, en: `It could not be done: ${errorText(error)}` };
}

/** The other side: asks the controller that runs on this data directory. undefined: none takes it. */
export async function askController(dataDir: string, command: unknown, clock: Clock): Promise<CommandAnswer | undefined> {
  const name = join(folderOf(dataDir), randomUUID());
  // Under another name until it is whole. A controller that ever ran here has made the folder.
  const isWritten = await writeFile(`${name}.part`, JSON.stringify(command), { mode: 0o600 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (!isWritten) return undefined;
  await rename(`${name}.part`, `${name}.request`);
  try {
    for (let waitedMs = 0; waitedMs < ANSWER_WITHIN_MS; waitedMs += POLL_MS) {
      const text = await readFile(`${name}.answer`, 'utf8').catch(() => '');
      if (text !== '') return JSON.parse(text) as CommandAnswer;
      if (waitedMs >= TAKEN_WITHIN_MS && (await isThere(`${name}.request`))) return undefined;
      await clock.sleep(POLL_MS);
    }
    throw new Error('the controller took the command and has not answered');
  } finally {
    for (const end of ['request', 'answer']) await rm(`${name}.${end}`, { force: true });
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
