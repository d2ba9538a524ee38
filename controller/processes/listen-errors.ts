import { AppError } from '../errors.ts';

interface ListenAttempt {
  /** What listens, for a person: "the console". */
  purpose: { vi: string; en: string };
  port: number;
  /** The option that chooses another port: `--https-port`. */
  option: string;
}

/** Turns the failure of `listen()` into words with the remedy; any other error is returned as it is. */
export function explainListenError(error: unknown, attempt: ListenAttempt): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const { purpose, port, option } = attempt;
  const other = port + 10_000 > 65_535 ? port - 10_000 : port + 10_000;
  if (code === 'EADDRINUSE') {
    return new AppError({
      code: 'processes.port_in_use',
      status: 503,
      words: {
        vi: `Cổng ${port} (${purpose.vi}) đang bị một chương trình khác dùng. Xem chương trình nào: "ss -ltnp sport = :${port}". Hãy dừng nó, hoặc chọn cổng khác, ví dụ ${option} ${other}.`,
        en: `Port ${port} (${purpose.en}) is in use by another program. See which: "ss -ltnp sport = :${port}". Stop it, or choose another port, for example ${option} ${other}.`,
      },
      details: { port },
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new AppError({
      code: 'processes.port_forbidden',
      status: 503,
      words: {
        vi: `Người dùng này không được phép mở cổng ${port} (${purpose.vi}); cổng dưới 1024 cần quyền root. Hãy chọn cổng khác, ví dụ ${option} ${other}.`,
        en: `This user may not open port ${port} (${purpose.en}); ports below 1024 need root. Choose another port, for example ${option} ${other}.`,
      },
      details: { port },
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL') {
    return new AppError({
      code: 'processes.address_unknown',
      status: 503,
      words: {
        vi: `Máy này không có địa chỉ mạng đã cấu hình cho ${purpose.vi}. Hãy sửa --listen (LOA_XA_LISTEN).`,
        en: `This machine doesn't have the network address configured for ${purpose.en}. Correct --listen (LOA_XA_LISTEN).`,
      },
      details: { port },
      cause: error,
    });
  }
  return error;
}
