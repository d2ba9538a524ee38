const vi = {
  access: {
    notYours: 'Tài khoản của anh/chị không dùng được trang này.',
    ask: 'Nếu công việc cần đến, hãy nhờ người quản trị của xã đổi vai trò.',
  },
};

const en: typeof vi = {
  access: {
    notYours: 'Your account may not use this page.',
    ask: 'If your work needs it, ask the commune’s administrator for another role.',
  },
};

/** For a page that somebody reached by its address alone. */
export const ACCESS_WORDS = { vi, en };
