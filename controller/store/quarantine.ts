import { constants } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { StoreFailure } from './failure.ts';
import { makeFolderDurably, syncFolder } from './sync-folder.ts';

/** Then the file is moved aside once, in place of the one before. */
const MOST_BYTES = 16 * 1024 * 1024;
/** While the disk takes nothing. */
const MOST_WAITING = 1000;
const RETRY_MS = 60_000;
const CODE = 'store.set_aside';

export interface Refused {
  /** Which outbox: "faults". */
  from: string;
  failure: StoreFailure;
  /** What the store said. */
  reason: string;
  value: unknown;
}

/** Where that goes which the store will never take: nothing that was to be stored vanishes without a word. */
export interface Quarantine {
  /** Never throws, and nobody has to wait for it. */
  keep(refused: Refused): void;
  /** Says what the last run left. */
  start(): Promise<void>;
  /** Resolves when the disk has everything, or does not take it. */
  close(): Promise<void>;
}

interface QuarantineOptions {
  /** Its file is `refused.jsonl` in there: a JSON object in each line, with the instant (epoch ms), the reason and the entry itself. */
  folder: string;
  clock: Clock;
  logger: Logger;
  onCondition?: (condition: AppEvents['system.condition']) => void;
}

export function createQuarantine({ folder, clock, logger, onCondition }: QuarantineOptions): Quarantine {
  const path = join(folder, 'refused.jsonl');
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  let timer: Timer | undefined;
  let isTold = false;
  let isFailing = false;

  const sizeBytes = async (): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

  function tell(state: 'raised' | 'cleared'): void {
    if (isTold === (state === 'raised')) return;
    isTold = state === 'raised';
    onCondition?.({
      code: CODE,
      state,
      ...(isTold
        ? {
            vi: `Cơ sở dữ liệu từ chối một số mục. Chúng được giữ trong tập tin ${path} cùng với lý do; việc phát thanh không bị ảnh hưởng. Hãy gửi tập tin này cho người bảo trì, rồi chuyển nó đi nơi khác.`,
            en: `The database refuses some entries. They are kept in the file ${path} with the reason; nothing on air is affected. Send the file to whoever maintains the system, then move it elsewhere.`,
          }
        : { vi: 'Tập tin các mục bị từ chối đã được chuyển đi.', en: 'The file of refused entries has been moved away.' }),
    });
  }

  async function append(lines: readonly string[]): Promise<void> {
    await makeFolderDurably(folder, 0o700);
    if ((await sizeBytes()) > MOST_BYTES) await rename(path, `${path}.1`);
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      await file.appendFile(lines.join(''));
      await file.datasync();
    } finally {
      await file.close();
    }
    await syncFolder(folder);
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await append(lines);
        isFailing = false;
      } catch (error) {
        waiting = [...lines, ...waiting];
        if (!isFailing) logger.error({ path, error: errorText(error), lines }, 'what the database refuses can’t be kept on the disk');
        isFailing = true;
        return;
      }
    }
  }

  function kick(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function look(): Promise<void> {
    await kick();
    if (isTold && waiting.length === 0 && (await sizeBytes()) === 0) tell('cleared');
  }

  return {
    keep(refused) {
      const line = `${JSON.stringify({ atMs: clock.nowMs(), ...refused })}\n`;
      if (waiting.length >= MOST_WAITING) logger.error({ line }, 'the quarantine is full; this entry is only in the log');
      else waiting.push(line);
      tell('raised');
      void kick();
    },
    async start() {
      if ((await sizeBytes()) > 0) tell('raised');
      timer ??= clock.every('quarantine', RETRY_MS, () => void look());
    },
    async close() {
      timer?.cancel();
      await kick();
    },
  };
}

/** For a store without a folder: the log has what is refused. */
export function loggingQuarantine(logger: Logger): Quarantine {
  return {
    keep: (refused) => logger.error(refused, 'the database refuses an entry'),
    start: async () => undefined,
    close: async () => undefined,
  };
}
