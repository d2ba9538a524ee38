import { useConsole, useLive } from '../app/console-context.ts';
import { clockTime, dayDate, localDay } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { isStale } from '../live/live-state.ts';

/** Of when the shown state is, once it is only a memory: "17:05", with the day when that is not today. null while the state is live. */
export function useAsOf(): string | null {
  const t = useMessages();
  const live = useLive();
  const { feed } = useConsole();
  if (!isStale(live) || live.stateAtMs === null) return null;
  const time = clockTime(live.stateAtMs);
  return localDay(live.stateAtMs) === localDay(feed.controllerNowMs()) ? time : t.days.timeOfDay(time, dayDate(live.stateAtMs));
}
