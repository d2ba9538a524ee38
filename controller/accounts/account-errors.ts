import { AppError } from '../errors.ts';
import type { AccountPolicy } from './policy.ts';

/** One answer for a wrong name, a wrong password, a locked and a disabled account: it tells a guesser nothing. */
export function logInRefused(policy: AccountPolicy): AppError {
  const minutes = Math.round(policy.firstLockMs / 60_000);
  return new AppError({
    code: 'accounts.log_in_refused',
    status: 401,
    words: {
      vi: `Tên đăng nhập hoặc mật khẩu không đúng. Sau ${policy.lockAfterFailures} lần sai, tài khoản tạm khoá với nơi này ít nhất ${minutes} phút, kể cả khi nhập đúng; quản trị viên có thể mở khoá. Máy đã từng đăng nhập tài khoản này không bị khoá theo.`,
      en: `Wrong log-in name or password. After ${policy.lockAfterFailures} failures an account is locked for this place for at least ${minutes} minutes, even for the right password; an administrator can unlock it. A device that has logged in to it before is not locked with it.`,
    },
  });
}

export function wrongCurrentPassword(): AppError {
  return new AppError({
    code: 'accounts.wrong_password',
    status: 422,
    words: { vi: 'Mật khẩu hiện tại không đúng.', en: 'The current password is wrong.' },
    details: { field: 'currentPassword' },
  });
}

export function samePassword(): AppError {
  return new AppError({
    code: 'accounts.password_same',
    status: 422,
    words: { vi: 'Mật khẩu mới phải khác mật khẩu hiện tại.', en: 'The new password must differ from the current one.' },
    details: { field: 'newPassword' },
  });
}

export function lastAdministrator(): AppError {
  return new AppError({
    code: 'accounts.last_administrator',
    status: 409,
    words: {
      vi: 'Đây là quản trị viên duy nhất còn hoạt động. Hãy giao quyền quản trị cho người khác trước.',
      en: 'This is the only active administrator. Make somebody else administrator first.',
    },
  });
}

export function tooManyUsers(most: number): AppError {
  return new AppError({
    code: 'accounts.too_many',
    status: 409,
    words: {
      vi: `Đã có ${most} tài khoản, không thêm được nữa. Hãy xoá những tài khoản không còn dùng rồi thêm lại.`,
      en: `There are ${most} accounts already; no more can be added. Remove accounts that are no longer used, then add this one again.`,
    },
    details: { most },
  });
}

export function usernameTaken(username: string): AppError {
  return new AppError({
    code: 'accounts.username_taken',
    status: 409,
    words: { vi: `Tên đăng nhập "${username}" đã có người dùng.`, en: `The log-in name "${username}" is taken.` },
    details: { field: 'username' },
  });
}

export function noSuchUser(): AppError {
  return new AppError({
    code: 'accounts.no_such_user',
    status: 404,
    words: { vi: 'Không có tài khoản này (có thể đã bị xoá).', en: 'There is no such account (it may have been removed).' },
  });
}

export function noSuchSession(): AppError {
  return new AppError({
    code: 'accounts.no_such_session',
    status: 404,
    words: { vi: 'Phiên đăng nhập này đã kết thúc.', en: 'This session has ended already.' },
  });
}
