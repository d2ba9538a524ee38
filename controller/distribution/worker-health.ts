import type { ProcessFigures } from './process-figures.ts';

/**
 * - `well`: it answers.
 * - `busy`: it doesn't, but it works, or would if it got a core: killing it would silence everybody and help nobody.
 * - `stopped`: somebody or something stopped it (SIGSTOP, a debugger, a frozen virtual machine thawing piece by piece).
 * - `continue`: stopped for so long that it is to be told to go on (SIGCONT).
 * - `hung`: it will not answer any more.
 */
export type WorkerVerdict = 'well' | 'busy' | 'stopped' | 'continue' | 'hung';

/** All in looks, not in time: one that came late because this process stood still counts once. */
export const LOOKS = {
  /** Stops of up to three seconds happen to whole machines, and end by themselves. */
  stoppedUntilContinued: 8,
  stoppedUntilHung: 16,
  /** Asleep while a question waits for it: it waits for something that doesn't come. */
  asleepUntilHung: 10,
  /** In a loop without an end, or waiting for a core or a disk: neither reads what it is sent nor asks the kernel for anything. */
  fruitlessUntilHung: 40,
  /** Works and works, and answers nothing at all. */
  unansweredUntilHung: 120,
} as const;

/** Less kernel time than this may be the interrupts of others. */
const KERNEL_WORK_MS = 20;

/** Tells a media worker that is busy from one that hangs, from one look to the next. Pure: the looks are brought to it. */
export class WorkerHealth {
  #before: ProcessFigures | undefined;
  #unanswered = 0;
  #stopped = 0;
  #asleep = 0;
  #fruitless = 0;

  /**
   * @param isAnswered it has answered the question that was put to it before
   * @param figures undefined: nothing is known of the process
   */
  look(isAnswered: boolean, figures: ProcessFigures | undefined): WorkerVerdict {
    const before = this.#before;
    this.#before = figures;
    if (isAnswered) {
      this.#unanswered = this.#stopped = this.#asleep = this.#fruitless = 0;
      return 'well';
    }
    this.#unanswered += 1;
    if (this.#unanswered >= LOOKS.unansweredUntilHung) return 'hung';
    if (figures && /^[Tt]$/.test(figures.state)) return this.#lookAtStopped();
    this.#stopped = 0;
    if (figures && before && hasWorked(before, figures)) {
      this.#asleep = this.#fruitless = 0;
      return 'busy';
    }
    this.#fruitless += 1;
    this.#asleep = figures?.state === 'S' && figures.userMs === before?.userMs ? this.#asleep + 1 : 0;
    const isHung = this.#asleep >= LOOKS.asleepUntilHung || this.#fruitless >= LOOKS.fruitlessUntilHung;
    return isHung ? 'hung' : 'busy';
  }

  #lookAtStopped(): WorkerVerdict {
    this.#stopped += 1;
    if (this.#stopped >= LOOKS.stoppedUntilHung) return 'hung';
    return this.#stopped === LOOKS.stoppedUntilContinued ? 'continue' : 'stopped';
  }
}

function hasWorked(before: ProcessFigures, now: ProcessFigures): boolean {
  if (before.transfers !== undefined && now.transfers !== undefined && now.transfers > before.transfers) return true;
  return now.kernelMs - before.kernelMs >= KERNEL_WORK_MS;
}
