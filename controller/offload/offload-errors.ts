import { AppError } from '../errors.ts';

export function offloadBusy(): AppError {
  return new AppError({
    code: 'offload.busy',
    status: 503,
    words: {
      vi: 'Máy chủ đang có quá nhiều việc tính toán đang chờ. Phát thanh không bị ảnh hưởng; hãy thử lại sau ít giây.',
      en: 'Too much computing is waiting on the server. What is on air is not affected; try again in a few seconds.',
    },
  });
}

export function offloadTooLong(limitMs: number): AppError {
  const seconds = Math.round(limitMs / 1000);
  return new AppError({
    code: 'offload.too_long',
    status: 503,
    words: {
      vi: `Máy chủ đã tính ${seconds} giây mà chưa xong nên đã dừng việc này. Hãy rút ngắn hoặc đơn giản hóa nội dung.`,
      en: `The server has computed for ${seconds} s without coming to an end and gave up. Shorten or simplify what was sent.`,
    },
    details: { limitMs },
  });
}

export function offloadInterrupted(cause: unknown): AppError {
  return new AppError({
    code: 'offload.interrupted',
    status: 503,
    words: {
      vi: 'Việc tính toán bị ngắt giữa chừng. Phát thanh không bị ảnh hưởng; hãy thử lại.',
      en: 'The computing was interrupted. What is on air is not affected; try again.',
    },
    cause,
  });
}
