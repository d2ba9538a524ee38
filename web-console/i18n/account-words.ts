import type { Role } from '../../controller/protocol/roles.ts';

const roles: Record<Role, string> = {
  administrator: 'Quản trị',
  approver: 'Duyệt nội dung',
  announcer: 'Phát thanh viên',
  technician: 'Kỹ thuật viên',
  viewer: 'Người xem',
};

const vi = {
  roles,
  signIn: {
    subtitle: 'Truyền thanh thông minh của xã',
    title: 'Đăng nhập',
    name: 'Tên đăng nhập',
    password: 'Mật khẩu',
    showPassword: 'Hiện mật khẩu',
    submit: 'Đăng nhập',
    signingIn: 'Đang đăng nhập…',
    nameMissing: 'Chưa nhập tên đăng nhập.',
    passwordMissing: 'Chưa nhập mật khẩu.',
    forgot: 'Quên mật khẩu? Nhờ người quản trị của xã đặt lại.',
  },
  password: {
    title: 'Đổi mật khẩu',
    firstTitle: 'Đặt mật khẩu mới',
    firstWhy: 'Mật khẩu được cấp chỉ dùng cho lần đăng nhập đầu. Hãy đặt mật khẩu của riêng mình.',
    current: 'Mật khẩu hiện tại',
    fresh: 'Mật khẩu mới',
    again: 'Nhập lại mật khẩu mới',
    hint: 'Ít nhất 12 ký tự. Một câu dễ nhớ thì tốt hơn một từ khó.',
    submit: 'Đổi mật khẩu',
    changed: 'Đã đổi mật khẩu.',
    currentMissing: 'Chưa nhập mật khẩu hiện tại.',
    newMissing: 'Chưa nhập mật khẩu mới.',
    different: 'Hai lần nhập mật khẩu mới khác nhau.',
  },
  settings: {
    title: 'Cài đặt',
    language: 'Ngôn ngữ',
    theme: 'Giao diện',
    themes: { system: 'Theo thiết bị', light: 'Sáng', dark: 'Tối', sun: 'Ngoài nắng (tương phản cao)' },
    guard: 'Nút phát khẩn cấp',
    countdown: 'Bấm một lần với đếm ngược 5 giây, thay cho nhấn giữ 3 giây',
    signOut: 'Đăng xuất',
  },
};

const en: typeof vi = {
  roles: { administrator: 'Administrator', approver: 'Approver', announcer: 'Announcer', technician: 'Technician', viewer: 'Viewer' },
  signIn: {
    subtitle: 'The commune’s loudspeakers',
    title: 'Sign in',
    name: 'User name',
    password: 'Password',
    showPassword: 'Show the password',
    submit: 'Sign in',
    signingIn: 'Signing in…',
    nameMissing: 'The user name is missing.',
    passwordMissing: 'The password is missing.',
    forgot: 'Forgotten? Ask the commune’s administrator for a new one.',
  },
  password: {
    title: 'Change the password',
    firstTitle: 'Set a new password',
    firstWhy: 'The password you were given works for the first log-in only. Set one of your own.',
    current: 'Present password',
    fresh: 'New password',
    again: 'New password again',
    hint: 'At least 12 characters. A sentence you remember is better than a hard word.',
    submit: 'Change the password',
    changed: 'The password was changed.',
    currentMissing: 'The present password is missing.',
    newMissing: 'The new password is missing.',
    different: 'The two new passwords differ.',
  },
  settings: {
    title: 'Settings',
    language: 'Language',
    theme: 'Appearance',
    themes: { system: 'Like the device', light: 'Light', dark: 'Dark', sun: 'In the sun (high contrast)' },
    guard: 'Emergency button',
    countdown: 'One press with a 5 seconds countdown, instead of holding for 3 seconds',
    signOut: 'Sign out',
  },
};

/** Signing in, the password, and the settings of one person. */
export const ACCOUNT_WORDS = { vi, en };
