/** The volume and mute of a cluster. */
const vi = {
  title: 'Âm lượng',
  volume: 'Âm lượng bản tin',
  emergency: 'Âm lượng khẩn cấp',
  emergencyHint: (percent: number) => `Cho mọi tin khẩn cấp, kể cả khi đang tắt tiếng. Không thấp hơn ${percent}%.`,
  value: (percent: number, volumeDb: number) => `${percent}% (${volumeDb} dB)`,
  mute: 'Tắt tiếng cụm loa này',
  muteMeans: 'Cụm loa này sẽ im lặng với mọi bản tin, trừ khẩn cấp.',
  unmuteMeans: 'Cụm loa này sẽ phát lại mọi bản tin, kể cả bản tin đang phát.',
  save: 'Lưu âm lượng',
  saved: 'Đã lưu. Bộ thu đang kết nối thì đổi ngay.',
  unchanged: 'Chưa đổi gì.',
};

const en: typeof vi = {
  title: 'Volume',
  volume: 'Volume of bulletins',
  emergency: 'Volume of emergencies',
  emergencyHint: (percent) => `For every emergency, also while muted. Not below ${percent}%.`,
  value: (percent, volumeDb) => `${percent}% (${volumeDb} dB)`,
  mute: 'Mute this cluster',
  muteMeans: 'This cluster will be silent for every bulletin, but for emergencies.',
  unmuteMeans: 'This cluster will sound every bulletin again, the one on air included.',
  save: 'Save the volume',
  saved: 'Saved. A speaker that is connected changes at once.',
  unchanged: 'Nothing was changed.',
};

export const LOUDNESS_WORDS = { vi, en };
