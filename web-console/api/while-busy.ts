import { sleep } from '../clock.ts';
import { ApiProblem } from './client.ts';

/** The server answers late while its processor is busy otherwise; the air comes first. */
export const LATE_ANSWER_MS = 120_000;
const PAUSE_MS = 4000;
const MOST_TRIES = 30;
/** Refused before anything was done, and for now. */
const FOR_NOW = ['offload.busy', 'offload.interrupted'];

/** Asks again while the server has too much to do, so that a person need not. @param onBusy the first such answer is there */
export async function whileBusy<Answer>(
  ask: () => Promise<Answer>,
  onBusy: () => void,
  pause: () => Promise<void> = () => sleep(PAUSE_MS),
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || !FOR_NOW.includes(problem.code) || attempt === MOST_TRIES) throw problem;
      if (attempt === 1) onBusy();
      await pause();
    }
  }
}
