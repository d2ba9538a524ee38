import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Who goes first where the processor is wanted by more than it can serve: what carries sound to the poles, then the loop that feeds it and answers the button, then the
 * stores and everybody else on the machine; our tools and texts come after all of them (media/ffmpeg/limited.sh, offload/). Linux niceness; five steps are three times the
 * share of a busy core, so nobody is kept from it altogether.
 */
export const NICENESS = { mediaWorker: -10, loop: -5, store: 0 } as const;

/** The calling thread, and its session where the kernel weighs sessions first. Threads and processes that exist already keep their own. */
export function preferThisThread(): void {
  // Niceness belongs to a thread on Linux, and 0 is whoever calls; elsewhere it would be everything that we compute for people, too.
  if (process.platform !== 'linux') return;
  prefer(0, NICENESS.loop);
  try {
    writeFileSync('/proc/self/autogroup', String(NICENESS.loop));
  } catch {
    // Not permitted, or a kernel that does not group by session.
  }
}

/** Only root may raise anybody; where that is refused, nothing is lost but the preference. */
export function prefer(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It runs like everybody else, or has just ended.
  }
}
