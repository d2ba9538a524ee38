import type { clashOf } from '../broadcasts/index.ts';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { UpcomingOccurrence } from '../protocol/schedules.ts';
import type { Logger } from '../telemetry/logger.ts';
import { breathe } from '../turns.ts';
import type { ScheduleComputing } from './computing.ts';
import { overlapsOneByOne, type UpcomingPlaying } from './upcoming.ts';

/** Somebody looks at the page meanwhile. */
const THREAD_PATIENCE_MS = 2000;

interface OverlapsDeps {
  clock: Clock;
  logger: Logger;
  computing: Pick<ScheduleComputing, 'withOverlaps'>;
  clash: typeof clashOf;
}

/**
 * Who meets whom, computed off the event loop. Where other work leaves the thread no processor, or it takes no more tasks, the loop does it
 * itself: one playing in a turn, one list after the other.
 */
export function createOverlaps({ clock, logger, computing, clash }: OverlapsDeps) {
  let last: Promise<unknown> = Promise.resolve();

  async function inTurns(playings: readonly UpcomingPlaying[]): Promise<UpcomingOccurrence[]> {
    const found: UpcomingOccurrence[] = [];
    for (const occurrence of overlapsOneByOne(playings, clash)) {
      found.push(occurrence);
      await breathe();
    }
    return found;
  }

  return async (playings: readonly UpcomingPlaying[]): Promise<UpcomingOccurrence[]> => {
    const late = Promise.withResolvers<undefined>();
    const timer = clock.after('overlaps of what is to come', THREAD_PATIENCE_MS, () => late.resolve(undefined));
    try {
      const found = await Promise.race([computing.withOverlaps(playings), late.promise]);
      if (found) return found;
      logger.warn({ playings: playings.length }, 'the thread for computing gets no processor; the overlaps are computed in turns');
    } catch (error) {
      logger.warn({ playings: playings.length, error: errorText(error) }, 'the overlaps are computed in turns');
    } finally {
      timer.cancel();
    }
    const mine = last.then(() => inTurns(playings));
    last = mine.catch(() => undefined);
    return mine;
  };
}
