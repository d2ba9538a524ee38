import { AppError, errorText } from '../errors.ts';
import { UnpatchedWorker } from './worker-proof.ts';

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
  if (cause instanceof UnpatchedWorker) {
    return new AppError({
      code: 'distribution.worker_unpatched',
      status: 503,
      words: {
        vi: `Máy chủ âm thanh (${program}) không phải bản đã vá: nó giao đường âm thanh của cụm loa cho bất kỳ ai gửi một gói tin, và cụm loa đó mất tiếng. Bộ điều khiển không dùng nó. Hãy bỏ biến MEDIASOUP_WORKER_BIN rồi chạy "npm run setup": lệnh này biên dịch bản đã vá (khoảng 3 phút).`,
        en: `The media server (${program}) is not the patched one: it gives a speaker’s path to anybody who sends a datagram, and the speaker falls silent. The controller does not use it. Unset MEDIASOUP_WORKER_BIN and run "npm run setup", which builds the patched one (about 3 minutes).`,
      },
      details: { program },
      cause,
    });
  }
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
