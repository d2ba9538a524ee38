import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { StoreFailure } from './failure.ts';
import { createQuarantineFile, type Kept } from './quarantine-file.ts';

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

/** The same on the disk, for whoever looks after it. */
export interface KeptQuarantine extends Quarantine {
  /** What is there, oldest first. */
  kept(): Promise<Kept[]>;
  /** They have been put back, or nobody wants them. Resolves when they are gone from the disk. */
  remove(ids: readonly string[]): Promise<void>;
}

interface QuarantineOptions {
  /** Its file is `refused.jsonl` in there. */
  folder: string;
  clock: Clock;
  logger: Logger;
  onCondition?: (condition: AppEvents['system.condition']) => void;
}

export function createQuarantine({ folder, clock, logger, onCondition }: QuarantineOptions): KeptQuarantine {
  const file = createQuarantineFile(folder);
  const { path } = file;
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  let timer: Timer | undefined;
  let isTold = false;
  let isFailing = false;

  function tell(state: 'raised' | 'cleared'): void {
    if (isTold === (state === 'raised')) return;
    isTold = state === 'raised';
    onCondition?.({
      code: CODE,
      state,
      ...(isTold
        ? {
            vi: 'Cơ sở dữ liệu từ chối một số mục. Chúng được giữ trên ổ đĩa cùng với lý do; việc phát thanh không bị ảnh hưởng. Trên máy chủ, lệnh npm run refused cho xem từng mục; khi đã sửa nguyên nhân, thêm -- --put-back all để ghi lại.',
            en: 'The database refuses some entries. They are kept on the disk with the reason; nothing on air is affected. On the server, npm run refused shows each of them; once the cause is mended, add -- --put-back all to have them stored.',
          }
        : { vi: 'Không còn mục nào bị cơ sở dữ liệu từ chối.', en: 'No refused entries are left.' }),
    });
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        await file.append(lines);
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
    writing ??= alone(write);
    return writing;
  }

  function alone(task: () => Promise<void>): Promise<void> {
    return task().finally(() => {
      writing = undefined;
    });
  }

  /** Between two writings: what comes meanwhile waits. */
  async function remove(ids: readonly string[]): Promise<void> {
    while (writing) await writing.catch(() => undefined);
    writing = alone(() => file.remove(new Set(ids)));
    await writing;
    await look();
  }

  async function look(): Promise<void> {
    await kick();
    if (waiting.length > 0) return;
    tell((await file.isEmpty()) ? 'cleared' : 'raised');
  }

  return {
    keep(refused) {
      const line = `${JSON.stringify({ atMs: clock.nowMs(), ...refused })}\n`;
      if (waiting.length >= MOST_WAITING) logger.error({ line }, 'the quarantine is full; this entry is only in the log');
      else waiting.push(line);
      tell('raised');
      void kick();
    },
    async kept() {
      await kick();
      return file.read();
    },
    remove,
    async start() {
      if (!(await file.isEmpty())) tell('raised');
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
