import { AppError } from '../errors.ts';

export function noSuchHamlet(hamletId: string): AppError {
  return new AppError({
    code: 'inventory.unknown_place',
    status: 404,
    words: { vi: `Không có ấp nào mang mã “${hamletId}”.`, en: `There is no hamlet “${hamletId}”.` },
    details: { hamletId },
  });
}

export function noSuchCluster(clusterId: string): AppError {
  return new AppError({
    code: 'inventory.unknown_place',
    status: 404,
    words: { vi: `Không có cụm loa nào mang mã “${clusterId}”.`, en: `There is no cluster “${clusterId}”.` },
    details: { clusterId },
  });
}

export function placeExists(id: string): AppError {
  return new AppError({
    code: 'inventory.exists',
    status: 409,
    words: { vi: `Mã “${id}” đã được dùng. Hãy chọn mã khác.`, en: `The id “${id}” is taken. Choose another.` },
    details: { id },
  });
}
