import * as fs from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';

/** Of the process's threads for files (thread-pool.ts), so many at once work for people's uploads and downloads. */
const MOST_THREADS = 6;
/** On a disk that answers nobody waits for more than a moment; who comes when so many wait is told at once. */
const MOST_WAITING = 256;

type Callback = (...results: unknown[]) => void;

/**
 * The files that people send and fetch. Each step on a disk that hangs keeps one of the process's threads until the disk answers, and a person can
 * begin a hundred: here they stand in one queue, so that log-ins, the journal and the air always find a thread.
 */
export class DiskLane {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(most = MOST_THREADS) {
    this.#most = most;
  }

  /** Before anything is begun, so that what was begun is always cleared away. @throws AppError store.disk_silent */
  requireAnswer(): void {
    if (this.#waiting.length >= MOST_WAITING) throw diskSilent();
  }

  /** One step on the disk. */
  async run<Result>(step: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => this.#enter(begin));
    try {
      return await step();
    } finally {
      this.#leave();
    }
  }

  /** As fs.createReadStream(). */
  readFrom(path: string, range: { start?: number; end?: number } = {}): Readable {
    const steps = { open: this.#inLane(fs.open), read: this.#inLane(fs.read), close: this.#inLane(fs.close) };
    // Node calls them as its own; the types of these overloads can't be said for all three at once.
    return fs.createReadStream(path, { ...range, fs: steps as unknown as typeof fs });
  }

  #inLane(step: (...args: never[]) => void): Callback {
    return (...args) => {
      const tell = args.pop() as Callback;
      const done: Callback = (...results) => {
        this.#leave();
        tell(...results);
      };
      this.#enter(() => (step as Callback)(...args, done));
    };
  }

  #enter(begin: () => void): void {
    if (this.#busy >= this.#most) this.#waiting.push(begin);
    else {
      this.#busy += 1;
      begin();
    }
  }

  #leave(): void {
    this.#busy -= 1;
    const next = this.#waiting.shift();
    if (next) this.#enter(next);
  }
}

/** One for the process, as its threads are. */
export const peoplesFiles = new DiskLane();

function diskSilent(): AppError {
  return new AppError({
    code: 'store.disk_silent',
    status: 503,
    words: {
      vi: 'Ổ đĩa của máy chủ không trả lời nên chưa gửi hay tải tệp được. Phát thanh và nút khẩn cấp không bị ảnh hưởng; hãy cho kiểm tra ổ đĩa.',
      en: 'The server’s disk does not answer, so files can’t be sent or fetched. What is on air and the emergency button are not affected; have the disk checked.',
    },
  });
}
