import { useControllerNow } from '../app/console-context.ts';
import { clockTimeWithSeconds, dayDate } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import { STATE_WORDS } from '../i18n/state-words.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "3 phút trước", with the exact instant for who asks. Never in the future: clocks may differ by a second. */
export function Age({ sinceMs }: { sinceMs: number }) {
  const t = useMessages(STATE_WORDS);
  const now = useControllerNow(5000);
  const ageMs = Math.max(0, now - sinceMs);
  const text =
    ageMs < MINUTE_MS
      ? t.age.moments
      : ageMs < HOUR_MS
        ? t.age.minutes(Math.floor(ageMs / MINUTE_MS))
        : ageMs < DAY_MS
          ? t.age.hours(Math.floor(ageMs / HOUR_MS))
          : t.age.days(Math.floor(ageMs / DAY_MS));
  return (
    <time dateTime={new Date(sinceMs).toISOString()} title={`${clockTimeWithSeconds(sinceMs)} ${dayDate(sinceMs)}`}>
      {text}
    </time>
  );
}
