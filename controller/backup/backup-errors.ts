import { AppError } from '../errors.ts';

export const backupErrors = {
  targetTaken: (path: string) =>
    new AppError({
      code: 'backup.target_taken',
      status: 409,
      words: {
        vi: `Thư mục ${path} đã có dữ liệu. Khôi phục chỉ ghi vào thư mục mới hoặc trống, để không ghi đè lên một xã đang hoạt động. Hãy chọn thư mục khác bằng --data-dir, hoặc tự di chuyển thư mục cũ đi.`,
        en: `The folder ${path} is not empty. A restore writes only into a new or an empty one, so that it never overwrites a commune. Choose another with --data-dir, or move the old one away.`,
      },
      details: { path },
    }),
  databaseTaken: (place: string) =>
    new AppError({
      code: 'backup.database_taken',
      status: 409,
      words: {
        vi: `Cơ sở dữ liệu ${place} đã có dữ liệu. Hãy tạo một cơ sở dữ liệu trống rồi khôi phục vào đó (DATABASE_URL).`,
        en: `The database ${place} is not empty. Make an empty one and restore into that (DATABASE_URL).`,
      },
      details: { place },
    }),
  damaged: (path: string, reason: string) =>
    new AppError({
      code: 'backup.damaged',
      status: 422,
      words: {
        vi: `Bản sao lưu không nguyên vẹn: ${path} (${reason}). Chưa có gì được khôi phục. Hãy dùng một bản sao lưu khác.`,
        en: `The backup is not whole: ${path} (${reason}). Nothing was restored. Use another backup.`,
      },
      details: { path, reason },
    }),
  otherKeys: (path: string) =>
    new AppError({
      code: 'backup.other_keys',
      status: 422,
      words: {
        vi: `Các khoá trong ${path} thuộc về một bản sao lưu khác. Hãy chỉ đúng thư mục khoá bằng --keys-from.`,
        en: `The keys in ${path} belong to another backup. Name the right folder with --keys-from.`,
      },
      details: { path },
    }),
  newerVersion: (version: string) =>
    new AppError({
      code: 'backup.newer_version',
      status: 409,
      words: {
        vi: `Bản sao lưu này do phiên bản ${version} tạo, với cấu trúc cơ sở dữ liệu mà phiên bản này không biết. Chưa có gì được khôi phục. Hãy khôi phục bằng phiên bản đã tạo bản sao lưu hoặc phiên bản mới hơn.`,
        en: `Version ${version} made this backup, with a database structure that this version does not know. Nothing was restored. Restore it with the version that made it, or a newer one.`,
      },
      details: { version },
    }),
  nothingThere: (path: string) =>
    new AppError({
      code: 'backup.nothing_there',
      status: 404,
      words: {
        vi: `Không có dữ liệu của Loa Xã trong ${path}. Hãy chỉ đúng thư mục dữ liệu bằng --data-dir.`,
        en: `There is no data of Loa Xã in ${path}. Name the right data directory with --data-dir.`,
      },
      details: { path },
    }),
  notConsistent: (path: string) =>
    new AppError({
      code: 'backup.not_consistent',
      status: 503,
      words: {
        vi: `Tập tin ${path} bị xoá trong lúc sao lưu, ba lần liền. Hãy thử lại sau.`,
        en: `The file ${path} went away during the backup, three times in a row. Try again later.`,
      },
      details: { path },
    }),
};
