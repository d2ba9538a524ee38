import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

const AUTHORITY = 'tls/authority.pem';
/** Made only beside a database that worked: a first start that was interrupted has none of them. */
const MADE_LATER = ['journal', 'masters', 'aired'];

/**
 * A new database is made for a new commune only. Where there was one (another disk that is not mounted, a folder that was moved, a
 * DATABASE_URL that was left out), an empty one in its place would look as if all people, bulletins and schedules were gone.
 * @param clusterFolder where the database is missing
 * @throws AppError `store.database_missing`
 */
export async function requireNeverMade(dataDirectory: string, clusterFolder: string): Promise<void> {
  const isThere = (name: string): Promise<boolean> =>
    stat(join(dataDirectory, name)).then(
      () => true,
      () => false,
    );
  if (!(await isThere(AUTHORITY))) return;
  const found = await Promise.all(MADE_LATER.map(isThere));
  if (!found.includes(true)) return;
  throw new AppError({
    code: 'store.database_missing',
    status: 500,
    words: {
      vi: `Thiếu cơ sở dữ liệu (${clusterFolder}), trong khi thư mục dữ liệu này đã được dùng: tài khoản, bản tin, lịch phát, loa và nhật ký nằm trong đó. Hãy gắn lại ổ đĩa hoặc trả thư mục về chỗ cũ; nếu dùng PostgreSQL riêng, hãy đặt DATABASE_URL; nếu không, hãy khôi phục từ bản sao lưu (npm run restore). Nếu không có bản sao lưu, khởi động một lần với --new-database (LOA_XA_NEW_DATABASE=1): hệ thống sẽ bắt đầu với cơ sở dữ liệu TRỐNG và MỌI bộ thu phải đăng ký lại.`,
      en: `The database (${clusterFolder}) is missing, and this data directory was in use: people, bulletins, schedules, speakers and logs were in it. Mount its disk again or put the folder back; with a PostgreSQL of your own, set DATABASE_URL; otherwise restore a backup (npm run restore). If there is none, start once with --new-database (LOA_XA_NEW_DATABASE=1): it begins with an EMPTY database, and EVERY speaker must be enrolled again.`,
    },
    details: { path: clusterFolder },
  });
}
