import { clusters, plural } from './english.ts';

const vi = {
  onAir: {
    title: 'Đang phát',
    playBulletin: 'Phát bản tin',
    speakLive: 'Nói trực tiếp',
    hamlets: 'Các ấp',
    noHamlets: 'Chưa có ấp nào trong danh sách.',
    nothing: 'Chưa phát gì',
    nothingAsOf: (time: string) => `Lúc ${time} chưa phát gì`,
    nextAt: (time: string, day: string, title: string) => `Tiếp theo · ${day}, ${time} · ${title}`,
    nothingPlanned: 'Chưa có gì trong lịch sắp tới',
    soundingLabel: 'Cụm loa có tiếng',
    soundingOf: (sounding: number, total: number) => `${sounding}/${total}`,
    timeLeft: 'Còn lại',
    since: 'Phát từ',
    level: 'Mức âm thanh đang phát',
    next: 'Tiếp theo',
    hamletSounding: (sounding: number, due: number) => `${sounding}/${due} có tiếng`,
    hamletReady: (ready: number, total: number) => `${ready}/${total} sẵn sàng`,
  },
  ended: {
    title: 'Vừa phát',
    whole: (whole: number, all: number) => `Theo bộ thu: ${whole}/${all} cụm loa phát đủ.`,
    // Older devices say only that they played.
    weaker: (count: number) => `${count} cụm không báo mức âm thanh.`,
    muted: (count: number) => `${count} cụm đang tắt tiếng.`,
    madeUp: (count: number) => `Trong đó ${count} cụm nhờ phát bù.`,
    pending: (count: number) => `${count} cụm chưa báo về.`,
    missing: (names: string, others: number) => `Chưa đủ: ${names}${others > 0 ? ` và ${others} cụm khác` : ''}.`,
    noFigures: 'Không có số liệu.',
  },
};

const en: typeof vi = {
  onAir: {
    title: 'On air',
    playBulletin: 'Play a bulletin',
    speakLive: 'Speak live',
    hamlets: 'Hamlets',
    noHamlets: 'There are no hamlets in the list yet.',
    nothing: 'Nothing is on air',
    nothingAsOf: (time) => `At ${time} nothing was on air`,
    nextAt: (time, day, title) => `Next · ${day}, ${time} · ${title}`,
    nothingPlanned: 'Nothing is planned',
    soundingLabel: 'Clusters sounding',
    soundingOf: (sounding, total) => `${sounding}/${total}`,
    timeLeft: 'Time left',
    since: 'On air since',
    level: 'Level of the programme',
    next: 'Next',
    hamletSounding: (sounding, due) => `${sounding}/${due} sounding`,
    hamletReady: (ready, total) => `${ready}/${total} ready`,
  },
  ended: {
    title: 'Just played',
    whole: (whole, all) => `By the receivers: ${whole}/${all} clusters played it whole.`,
    weaker: (count) => `${clusters(count)} told no sound levels.`,
    muted: (count) => `${clusters(count)} muted.`,
    madeUp: (count) => `Of them ${count} by giving it again.`,
    pending: (count) => `${clusters(count)} not reported yet.`,
    missing: (names, others) => `Not whole: ${names}${others > 0 ? ` and ${plural(others, 'other', 'others')}` : ''}.`,
    noFigures: 'No figures.',
  },
};

/** The page of what is on air, and of what just was. */
export const ON_AIR_WORDS = { vi, en };
