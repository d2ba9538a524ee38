const vi = {
  playForm: {
    title: 'Phát bản tin',
    when: 'Phát khi nào',
    now: 'Ngay bây giờ',
    later: 'Vào lúc',
    timeLabel: 'Giờ phát',
    timeHint: 'Ví dụ 17:00. Giờ đã qua trong hôm nay được hiểu là ngày mai.',
    chime: 'Có nhạc hiệu trước bản tin',
    review: 'Xem lại trước khi phát',
    nothingYet: 'Chưa có gì phát ra ở bước này.',
    noBulletin: 'Chưa chọn bản tin.',
    badTime: 'Giờ phát cần có dạng 17:00.',
    confirmTitle: 'Xác nhận',
    playNow: 'Phát ngay',
    putOnPlan: 'Đặt lịch phát',
    acknowledged: (time: string) => `Máy chủ đã nhận lệnh lúc ${time}.`,
    whatNext: 'Trang Đang phát cho thấy từng cụm loa có tiếng hay chưa.',
  },
};

const en: typeof vi = {
  playForm: {
    title: 'Play a bulletin',
    when: 'When',
    now: 'Now',
    later: 'At',
    timeLabel: 'Time',
    timeHint: 'For example 17:00. A time that is over today means tomorrow.',
    chime: 'Chime before the bulletin',
    review: 'Review before playing',
    nothingYet: 'Nothing sounds at this step.',
    noBulletin: 'No bulletin is chosen.',
    badTime: 'The time must look like 17:00.',
    confirmTitle: 'Confirm',
    playNow: 'Play now',
    putOnPlan: 'Plan it',
    acknowledged: (time) => `The server took the command at ${time}.`,
    whatNext: 'The On air page shows cluster by cluster whether it sounds.',
  },
};

/** The form that plays a bulletin. */
export const PLAY_WORDS = { vi, en };
