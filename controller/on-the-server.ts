import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { SystemClock } from './clock.ts';
import { type Config, readConfig, terminalLanguage } from './config.ts';
import { AppError, errorText, type Words } from './errors.ts';
import { askController, wordsOf } from './processes/index.ts';
import type { ServerCommand } from './server-commands.ts';

/** What the commands share that are given on the server, whether a controller runs on the data directory or nobody does. */

const EXIT_USAGE = 2;
const clock = new SystemClock();

/** Who gives the command, as the server knows them. */
export const givenBy = `${userInfo().username} (server)`;

export function say(words: Words): void {
  process.stdout.write(`${words[terminalLanguage(process.env)]}\n`);
}

/** Runs a command to its end. @param usage said when its arguments are wrong */
export async function runCommand(usage: Words, run: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await run()) ? 0 : 1;
  } catch (error) {
    const isUsage = error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
    const words = isUsage ? usage : wordsOf(error);
    process.stderr.write(`${isUsage ? `${errorText(error)}\n\n` : ''}${words[terminalLanguage(process.env)]}\n`);
    process.exitCode = isUsage ? EXIT_USAGE : 1;
  }
}

export class UsageError extends Error {}

/** By the controller that runs on this data directory; where none does, here. @throws AppError, or what the command throws */
export async function give(command: ServerCommand, dataDir: string | undefined): Promise<unknown> {
  const config = configOf(dataDir);
  if (!existsSync(config.dataDir)) throw noData(config.dataDir);
  const answer = await askController(config.dataDir, command, clock);
  if (!answer) {
    // Much to load, and seldom needed.
    const { doHere } = await import('./without-controller.ts');
    return doHere(config, command);
  }
  if ('failed' in answer) throw new AppError({ code: 'server.command_failed', status: 500, words: answer.failed });
  return answer.result;
}

function configOf(dataDir: string | undefined): Config {
  const given = { ...process.env, LOA_XA_DATA_DIR: dataDir ?? process.env.LOA_XA_DATA_DIR };
  const asked = readConfig({ ...given, LOA_XA_DEMO: process.env.LOA_XA_DEMO ?? '0' });
  return existsSync(asked.dataDir) ? asked : readConfig({ ...given, LOA_XA_DEMO: '1' });
}

function noData(folder: string): AppError {
  return new AppError({
    code: 'server.no_data',
    status: 404,
    words: {
      vi: `Không có thư mục dữ liệu ${folder}. Hãy chọn đúng thư mục bằng --data-dir.`,
      en: `There is no data directory ${folder}. Choose the right one with --data-dir.`,
    },
  });
}
