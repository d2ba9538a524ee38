import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';

/**
 * So many readings that were given up on may still hang. Each holds one of the process's threads for files (see thread-pool.ts) until the disk
 * answers; whoever comes after them is refused at once.
 */
const HANGING_MAX = 4;

/** Waits for the data disk no longer than the air can: one that hangs answers nothing, not even an error. */
export class DiskPatience {
  #clock: Clock;
  #hanging = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param discard gets what came too late, to close it
   * @throws AppError air.disk_silent
   */
  async within<Value>(limitMs: number, task: () => Promise<Value>, discard: (late: Value) => unknown = () => undefined): Promise<Value> {
    if (this.#hanging >= HANGING_MAX) throw diskSilent();
    const running = task();
    return this.wait(limitMs, running, () => {
      this.#hanging += 1;
      running
        .then(discard)
        .catch(() => undefined)
        .finally(() => {
          this.#hanging -= 1;
        });
    });
  }

  /** Waits for what is under way already. @throws AppError air.disk_silent */
  async wait<Value>(limitMs: number, running: Promise<Value>, onLate: () => void = () => undefined): Promise<Value> {
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after('patience with the disk', limitMs, () => {
      onLate();
      late.reject(diskSilent());
    });
    try {
      return await Promise.race([running, late.promise]);
    } finally {
      timer.cancel();
    }
  }
}

function diskSilent(): AppError {
  return new AppError({
    code: 'air.disk_silent',
    status: 503,
    words: {
      vi: 'Ổ đĩa của máy chủ không trả lời nên không đọc được tệp âm thanh của bản tin này. Hãy nói bằng micrô hoặc phát một bản tin khẩn cấp đã soạn sẵn, và cho kiểm tra ổ đĩa.',
      en: 'The server’s disk does not answer, so the sound file of this bulletin can’t be read. Speak with a microphone or play a prepared emergency, and have the disk checked.',
    },
  });
}
