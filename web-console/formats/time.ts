/**
 * Dates and times of the console: always the commune's zone (never the browser's), 24 hours, dd/MM/yyyy, Monday first.
 * The parts are put together here because Intl's short Vietnamese date drops the century.
 */
export const ZONE = 'Asia/Ho_Chi_Minh';
/** The zone has had no daylight saving since 1975; used only to turn a typed local time into an instant. */
const ZONE_OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

const partsFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

interface LocalParts {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

function parts(epochMs: number): LocalParts {
  const found = Object.fromEntries(partsFormat.formatToParts(epochMs).map((part) => [part.type, part.value]));
  const { year = '', month = '', day = '', hour = '', minute = '', second = '' } = found;
  return { year, month, day, hour, minute, second };
}

/** 05:00 */
export function clockTime(epochMs: number): string {
  const { hour, minute } = parts(epochMs);
  return `${hour}:${minute}`;
}

/** 05:00:07 */
export function clockTimeWithSeconds(epochMs: number): string {
  return `${clockTime(epochMs)}:${parts(epochMs).second}`;
}

/** 22/11/2026 */
export function dayDate(epochMs: number): string {
  const { day, month, year } = parts(epochMs);
  return `${day}/${month}/${year}`;
}

/** Days since the epoch in the commune's zone: equal for two instants of the same local day. */
export function localDay(epochMs: number): number {
  return Math.floor((epochMs + ZONE_OFFSET_MS) / DAY_MS);
}

/** 0 = Monday ... 6 = Sunday. */
export function weekday(epochMs: number): number {
  return (((localDay(epochMs) + 3) % 7) + 7) % 7;
}

/** "03:20", and "1:03:20" above the hour. Rounds down, never below zero. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const rest = `${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** Minutes and seconds of a length, for a sentence; rounds to the nearest second. */
export function minutesAndSeconds(ms: number): { minutes: number; seconds: number } {
  const total = Math.max(0, Math.round(ms / 1000));
  return { minutes: Math.floor(total / 60), seconds: total % 60 };
}

/**
 * The instant that "HH:mm" means next: today when it is still to come, else tomorrow.
 * Returns undefined when the text is no time of day.
 */
export function nextInstantOf(timeOfDay: string, nowMs: number): number | undefined {
  const match = /^([01]?\d|2[0-3])[:h.]([0-5]\d)$/.exec(timeOfDay.trim());
  if (!match) return undefined;
  const startOfDayMs = localDay(nowMs) * DAY_MS - ZONE_OFFSET_MS;
  const todayMs = startOfDayMs + (Number(match[1]) * 60 + Number(match[2])) * 60_000;
  return todayMs > nowMs ? todayMs : todayMs + DAY_MS;
}

/** The instant at which a day of a date field ("2026-11-29") begins in the commune's zone; undefined when it is no date. */
export function startOfDayMs(isoDay: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(isoDay)) return undefined;
  const utcMs = Date.parse(`${isoDay}T00:00:00Z`);
  return Number.isNaN(utcMs) ? undefined : utcMs - ZONE_OFFSET_MS;
}

/** The day of an instant in the commune's zone, as a date field holds it: 2026-11-29. */
export function isoDay(epochMs: number): string {
  const { year, month, day } = parts(epochMs);
  return `${year}-${month}-${day}`;
}
