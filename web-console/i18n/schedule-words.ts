const vi = {
  schedule: {
    title: 'Lịch phát',
    empty: 'Chưa có lịch phát nào sắp tới.',
    fileProblem: (file: string, line: number | null) => `Tệp lịch ${file}${line === null ? '' : `, dòng ${line}`} không dùng được.`,
    skip: 'Bỏ qua lần này',
    skipNamed: (title: string, time: string) => `Bỏ qua lần này: ${title}, ${time}`,
    skipAsk: (title: string, time: string, day: string) => `Bỏ qua “${title}” lúc ${time} ${day}? Các lần sau vẫn phát theo lịch.`,
    keep: 'Giữ lại',
    overlap: {
      this: (other: string, time: string) => `Trùng với “${other}” lúc ${time}; lần này được phát trước.`,
      other: (other: string, time: string) => `Trùng với “${other}” lúc ${time}; “${other}” được phát trước.`,
    },
    status: { skipped: 'bỏ qua', broadcast: 'đã lên sóng', missed: 'lỡ giờ', withdrawn: 'đã rút' },
  },
};

const en: typeof vi = {
  schedule: {
    title: 'Schedule',
    empty: 'Nothing is scheduled.',
    fileProblem: (file, line) => `The schedule file ${file}${line === null ? '' : `, line ${line},`} can’t be used.`,
    skip: 'Skip this time',
    skipNamed: (title, time) => `Skip this time: ${title}, ${time}`,
    skipAsk: (title, time, day) => `Skip “${title}” at ${time} ${day}? Later times still play.`,
    keep: 'Keep it',
    overlap: {
      this: (other, time) => `Overlaps “${other}” at ${time}; this one plays first.`,
      other: (other, time) => `Overlaps “${other}” at ${time}; “${other}” plays first.`,
    },
    status: { skipped: 'skipped', broadcast: 'went on air', missed: 'missed', withdrawn: 'withdrawn' },
  },
};

/** The schedule. */
export const SCHEDULE_WORDS = { vi, en };
