import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import { type DiskSample, daysUntilFull, TREND_DAYS } from './disk-trend.ts';
import type { Logger } from './logger.ts';

/** A disk that was full and is freed may fill again soon: its reserves are made before. */
const LOOK_PERIOD_MS = 10_000;
const SAMPLE_PERIOD_MS = 3_600_000;
const SAMPLES_KEPT = TREND_DAYS * 24 + 1;
/** A person needs some days to come by with a larger disk. */
const WARN_DAYS = 14;
/** As uploads have it: what comes from outside waits first. */
const SHORT_BYTES = 1_000_000_000;
/** Then everything waits that can: what is left is for emergencies and for the database. */
const LOW_BYTES = 64 * 1024 * 1024;
/** What is said is not taken back for a little more room. */
const ENOUGH_AGAIN = 1.2;
const SUBJECT = 'data';

export interface DiskSpace {
  start(): Promise<void>;
  close(): void;
  /** By the last look: what can wait, waits. Never asked for an emergency. */
  isLow(): boolean;
  /** @throws AppError `disk.low` (507) for what can wait */
  requireRoom(): void;
}

interface DiskSpaceDeps {
  dataDirectory: {
    path: string;
    freeBytes(): Promise<number>;
    /** Made while there is plenty of room, and anew when they were given up. */
    reserves: Record<string, { make(): Promise<void> }>;
  };
  clock: Clock;
  logger: Logger;
  onCondition(condition: AppEvents['system.condition']): void;
}

/** Watches the room on the data disk: warns days before it is full, and says what waits when it nearly is. An hourly figure survives restarts. */
export function createDiskSpace({ dataDirectory, clock, logger, onCondition }: DiskSpaceDeps): DiskSpace {
  const path = join(dataDirectory.path, 'log', 'disk-space.json');
  let samples: DiskSample[] = [];
  let foundBytes = Number.POSITIVE_INFINITY;
  let toldDays: number | undefined;
  let toldLevel: 'enough' | 'short' | 'low' = 'enough';
  let timer: Timer | undefined;
  /** On a disk that hangs one look waits, and one file. */
  let isLooking = false;
  let isSaving = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      foundBytes = await dataDirectory.freeBytes();
      tellLevel();
      for (const reserve of Object.values(dataDirectory.reserves)) void reserve.make();
      const nowMs = clock.nowMs();
      // A clock that was put back has samples of the future.
      samples = samples.filter(({ atMs }) => atMs <= nowMs);
      if (nowMs - (samples.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < SAMPLE_PERIOD_MS) return;
      samples = [...samples, { atMs: nowMs, freeBytes: foundBytes }].slice(-SAMPLES_KEPT);
      tellTrend(daysUntilFull(samples, nowMs));
      void save();
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'the room on the data disk is not known');
    } finally {
      isLooking = false;
    }
  }

  /** Nobody waits for it. */
  async function save(): Promise<void> {
    if (isSaving) return;
    isSaving = true;
    try {
      let saved: DiskSample[] | undefined;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      while (saved !== samples) {
        saved = samples;
        await writeFile(`${path}.unfinished`, JSON.stringify(saved), { mode: 0o600 });
        await rename(`${path}.unfinished`, path);
      }
    } catch (error) {
      logger.warn({ path, error: errorText(error) }, 'the room on the data disk could not be noted');
    } finally {
      isSaving = false;
    }
  }

  function tellTrend(days: number | undefined): void {
    const isOver = days === undefined || days > WARN_DAYS * (toldDays === undefined ? 1 : ENOUGH_AGAIN);
    const shown = isOver ? undefined : Math.max(1, Math.round(days));
    if (shown === toldDays) return;
    toldDays = shown;
    const gigabytes = (foundBytes / 1e9).toFixed(1);
    onCondition({
      ...{ code: 'disk.filling', subject: SUBJECT, state: shown === undefined ? 'cleared' : 'raised' },
      ...(shown === undefined
        ? { vi: 'Dung lượng ổ đĩa dữ liệu không còn giảm nhanh.', en: 'The data disk no longer fills up soon.' }
        : {
            vi: `Ổ đĩa dữ liệu còn ${gigabytes} GB và, nếu cứ như tuần qua, sẽ đầy sau khoảng ${shown} ngày. Hãy xóa bản tin cũ, chuyển bớt bản lưu phát sóng, hoặc lắp ổ đĩa lớn hơn.`,
            en: `The data disk has ${gigabytes} GB left and, going on as in the last week, is full in about ${shown} days. Delete old bulletins, move copies of what was aired elsewhere, or fit a larger disk.`,
          }),
    });
  }

  function levelNow(): typeof toldLevel {
    const isBelow = (limitBytes: number, isTold: boolean): boolean => foundBytes < limitBytes * (isTold ? ENOUGH_AGAIN : 1);
    if (isBelow(LOW_BYTES, toldLevel === 'low')) return 'low';
    return isBelow(SHORT_BYTES, toldLevel !== 'enough') ? 'short' : 'enough';
  }

  function tellLevel(): void {
    const level = levelNow();
    if (level === toldLevel) return;
    toldLevel = level;
    onCondition({ code: 'disk.low', subject: SUBJECT, state: level === 'enough' ? 'cleared' : 'raised', ...words(level, foundBytes) });
  }

  return {
    async start() {
      samples = await readFile(path, 'utf8').then(readSamples, () => []);
      timer ??= clock.every('room on the data disk', LOOK_PERIOD_MS, () => void look());
      await look();
    },
    close() {
      timer?.cancel();
    },
    isLow: () => toldLevel === 'low',
    requireRoom() {
      if (toldLevel === 'low')
        throw new AppError({ code: 'disk.low', status: 507, words: words('low', foundBytes), details: { freeBytes: foundBytes } });
    },
  };
}

function readSamples(text: string): DiskSample[] {
  try {
    const found = JSON.parse(text) as Partial<DiskSample>[];
    return found.flatMap(({ atMs, freeBytes }) =>
      Number.isFinite(atMs) && Number.isFinite(freeBytes) ? [{ atMs: Number(atMs), freeBytes: Number(freeBytes) }] : [],
    );
  } catch {
    return [];
  }
}

function words(level: 'enough' | 'short' | 'low', freeBytes: number): { vi: string; en: string } {
  const freeMb = Math.floor(freeBytes / 1e6);
  if (level === 'enough') return { vi: 'Ổ đĩa dữ liệu đã có đủ chỗ trở lại.', en: 'The data disk has enough room again.' };
  if (level === 'short') {
    return {
      vi: `Ổ đĩa dữ liệu chỉ còn ${freeMb} MB: chỉ còn nhận tập tin của bản tin khẩn cấp. Phát thanh và phát khẩn cấp không bị ảnh hưởng. Hãy giải phóng ổ đĩa.`,
      en: `The data disk has only ${freeMb} MB left: only files of emergency bulletins are taken. Broadcasts and emergencies are not affected. Free some space.`,
    };
  }
  return {
    vi: `Ổ đĩa dữ liệu gần đầy (còn ${freeMb} MB): không nhận tập tin, không tạo bản đọc mới, không lưu bản sao của các lần phát thường. Phát thanh vẫn tiếp tục; phát khẩn cấp vẫn được lưu. Hãy giải phóng ổ đĩa ngay.`,
    en: `The data disk is nearly full (${freeMb} MB left): no files are taken, no new text is spoken, and no copies of ordinary broadcasts are kept. What is on air goes on, and emergencies are still recorded. Free some space now.`,
  };
}
