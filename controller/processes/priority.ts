import { stat } from 'node:fs/promises';
import { setPriority } from 'node:os';

/**
 * Who goes first where the processor is wanted by more than it can serve: what carries sound to the poles, then the loop that feeds it and answers the button, then the
 * stores and everybody else on the machine; our tools and texts come after all of them (media/ffmpeg/limited.sh, offload/). Linux niceness; five steps are three times the
 * share of a busy core, so nobody is kept from it altogether.
 */
export const NICENESS = { mediaWorker: -10, loop: -5, store: 0 } as const;

/**
 * The calling thread alone: those that hash passwords and read files keep their own. Its session's weight (autogroup) is left as it is: whatever a person runs in the
 * same terminal would be raised, too, above ffmpeg, which has a session of its own.
 */
export async function preferThisThread(): Promise<void> {
  // Niceness belongs to a thread on Linux, and 0 is whoever calls; elsewhere it would be everything that we compute for people, too.
  if (process.platform !== 'linux') return;
  // Node makes all its threads for files at their first use, with the niceness of who uses them.
  await stat('/');
  prefer(0, NICENESS.loop);
}

/** Only root may raise anybody; where that is refused, nothing is lost but the preference. */
export function prefer(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It runs like everybody else, or has just ended.
  }
}
