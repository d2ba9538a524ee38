import { AppError, errorText } from '../errors.ts';

interface Attempt {
  mediaPorts: { min: number; max: number };
  workerBin: string | undefined;
}

/** Why no media worker could be started, in words with the remedy. The texts are mediasoup's. */
export function explainWorkerStart(cause: unknown, { mediaPorts, workerBin }: Attempt): AppError {
  const reason = errorText(cause);
  if (/no more available ports/i.test(reason)) {
    const { min, max } = mediaPorts;
    return new AppError({
      code: 'distribution.no_port',
      status: 503,
      words: {
        vi: `Không còn cổng trống cho âm thanh trong khoảng ${min}-${max}: chương trình khác (có thể là một bộ điều khiển nữa) đang dùng. Xem chương trình nào: "ss -lnup". Hãy dừng nó, hoặc chọn khoảng khác bằng --media-ports.`,
        en: `No port is free for the sound in ${min}-${max}: another program, perhaps a second controller, uses them. See which: "ss -lnup". Stop it, or choose another range with --media-ports.`,
      },
      details: { mediaPorts },
      cause,
    });
  }
  const program = workerBin ?? 'mediasoup-worker';
  return new AppError({
    code: 'distribution.worker_not_started',
    status: 503,
    words: {
      vi: `Không khởi động được máy chủ âm thanh (${program}): ${reason}. Hãy chạy "npm run setup" để cài lại; nếu có đặt MEDIASOUP_WORKER_BIN thì hãy sửa hoặc bỏ nó.`,
      en: `The media server (${program}) could not be started: ${reason}. Run "npm run setup" to install it again; if MEDIASOUP_WORKER_BIN is set, correct or remove it.`,
    },
    details: { program, reason },
    cause,
  });
}
