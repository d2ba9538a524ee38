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

export function tooManyHamlets(most: number): AppError {
  return new AppError({
    code: 'inventory.too_many_hamlets',
    status: 409,
    words: {
      vi: `Một xã có nhiều nhất ${most} ấp, không thêm được nữa. Hãy sửa lại một ấp không còn dùng thay vì thêm ấp mới.`,
      en: `A commune has at most ${most} hamlets; no more can be added. Change a hamlet that is no longer used instead of adding one.`,
    },
    details: { most },
  });
}

export function tooManyClusters(most: number): AppError {
  return new AppError({
    code: 'inventory.too_many_clusters',
    status: 409,
    words: {
      vi: `Một xã có nhiều nhất ${most} cụm loa, không thêm được nữa. Hãy sửa lại một cụm không còn dùng thay vì thêm cụm mới.`,
      en: `A commune has at most ${most} clusters; no more can be added. Change a cluster that is no longer used instead of adding one.`,
    },
    details: { most },
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

export function placesChanged(): AppError {
  return new AppError({
    code: 'inventory.places_changed',
    status: 409,
    words: {
      vi: 'Danh sách ấp và cụm loa vừa thay đổi ở nơi khác. Hãy tải lại trang rồi làm lại.',
      en: 'The hamlets and clusters have just changed elsewhere. Reload the page, then do it again.',
    },
  });
}
