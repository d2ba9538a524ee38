import { AppError } from '../errors.ts';
import type { EndReason } from './record.ts';

export function refused({ code, vi, en }: EndReason): AppError {
  const isForbidden = code === 'broadcast.not_allowed' || code === 'broadcast.microphone_of_another';
  const status = isForbidden ? 403 : code.startsWith('air.') || code === 'broadcast.too_many' ? 409 : 422;
  return new AppError({ code, status, words: { vi, en } });
}

export function unknownBroadcast(broadcastId: string): AppError {
  return new AppError({
    code: 'broadcast.unknown',
    status: 404,
    words: { vi: 'Không có lần phát này.', en: 'There is no such broadcast.' },
    details: { broadcastId },
  });
}

export function alreadyOver(broadcastId: string): AppError {
  return new AppError({
    code: 'broadcast.over',
    status: 409,
    words: { vi: 'Lần phát này đã kết thúc.', en: 'This broadcast is already over.' },
    details: { broadcastId },
  });
}

export function noCopy(broadcastId: string): AppError {
  return new AppError({
    code: 'broadcast.no_copy',
    status: 404,
    words: { vi: 'Không có bản ghi lại của lần phát này.', en: 'There is no copy of this broadcast.' },
    details: { broadcastId },
  });
}

export function copyDamaged(broadcastId: string): AppError {
  return new AppError({
    code: 'broadcast.copy_damaged',
    status: 409,
    words: {
      vi: 'Bản ghi lại của lần phát này không còn đúng như khi phát (tệp đã bị thay đổi hoặc hỏng), nên không đưa ra. Hãy lấy từ bản sao lưu.',
      en: 'The copy of this broadcast is not what was aired any more (its file was changed or damaged), and is not given out. Take it from a backup.',
    },
    details: { broadcastId },
  });
}

export function storeAway(cause: unknown): AppError {
  return new AppError({
    code: 'broadcast.store_away',
    status: 503,
    words: {
      vi: 'Cơ sở dữ liệu không trả lời nên chưa nhận được lệnh phát này. Hãy thử lại sau ít giây.',
      en: 'The database does not answer, so this broadcast was not accepted. Try again in a few seconds.',
    },
    cause,
  });
}
