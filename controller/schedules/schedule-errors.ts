import { AppError, type Words } from '../errors.ts';
import type { ScheduleProblem } from '../protocol/schedules.ts';

export function noSuchSchedule(scheduleId: string): AppError {
  return new AppError({
    code: 'schedule.unknown',
    status: 404,
    words: { vi: `Không có lịch phát nào mang mã “${scheduleId}”.`, en: `There is no schedule “${scheduleId}”.` },
    details: { scheduleId },
  });
}

export function noSuchOccurrence(occurrenceId: string): AppError {
  return new AppError({
    code: 'schedule.unknown_occurrence',
    status: 404,
    words: { vi: 'Không có lần phát này trong lịch.', en: 'There is no such playing in the schedule.' },
    details: { occurrenceId },
  });
}

export function ownedByFile(fileName: string | null): AppError {
  return new AppError({
    code: 'schedule.from_file',
    status: 409,
    words: {
      vi: `Lịch này nằm trong tệp ${fileName ?? ''}. Hãy sửa tệp rồi nạp lại.`,
      en: `This schedule is in the file ${fileName ?? ''}. Change the file and reload.`,
    },
  });
}

export function scheduleExists(scheduleId: string): AppError {
  return new AppError({
    code: 'schedule.exists',
    status: 409,
    words: { vi: `Mã lịch “${scheduleId}” đã được dùng.`, en: `The schedule id “${scheduleId}” is taken.` },
    details: { scheduleId },
  });
}

export function tooManySchedules(most: number): AppError {
  return new AppError({
    code: 'schedule.too_many',
    status: 409,
    words: {
      vi: `Đã có ${most} lịch phát, không thêm được nữa. Hãy xóa những lịch đã hết.`,
      en: `There are ${most} schedules already; no more can be added. Remove those that are over.`,
    },
    details: { most },
  });
}

export function invalidSchedule(words: Words): AppError {
  return new AppError({ code: 'schedule.invalid', status: 422, words });
}

export function tooLateToSkip(): AppError {
  return new AppError({
    code: 'schedule.too_late_to_skip',
    status: 409,
    words: { vi: 'Lần phát này đã bắt đầu hoặc đã qua.', en: 'This playing has begun or is over.' },
  });
}

/** A schedule whose row in the database is not what was written. */
export function damagedRow(scheduleId: string): ScheduleProblem {
  return {
    file: scheduleId,
    line: null,
    vi: `Lịch phát “${scheduleId}” trong cơ sở dữ liệu bị hỏng nên không được phát; các lịch khác vẫn phát. Hãy tạo lại lịch này với cùng mã.`,
    en: `The schedule “${scheduleId}” is damaged in the database and is not played; all others are. Make it again with the same id.`,
  };
}
