import { useConsole } from '../app/console-context.ts';
import { dayDate, localDay, weekday } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';

/** "hôm nay", "ngày mai", else "thứ Hai, 23/11/2026", in the commune's zone: as it stands within a sentence. */
export function useDayWords(): (epochMs: number) => string {
  const t = useMessages();
  const { feed } = useConsole();
  return (epochMs) => {
    const ahead = localDay(epochMs) - localDay(feed.controllerNowMs());
    if (ahead === 0) return t.days.today;
    if (ahead === 1) return t.days.tomorrow;
    if (ahead === -1) return t.days.yesterday;
    return `${t.days.names[weekday(epochMs)]}, ${dayDate(epochMs)}`;
  };
}

/** The same at the beginning of a line. */
export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
