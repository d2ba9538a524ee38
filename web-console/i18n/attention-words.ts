import type { Language } from './languages.ts';

const vi = {
  title: 'Tín hiệu báo động khẩn cấp',
  lead: 'Mọi lần phát khẩn cấp mở đầu bằng tín hiệu này. Đính chính “báo nhầm” và báo hết khẩn cấp có tín hiệu riêng.',
  signals: {
    two_tone: 'Hai âm luân phiên',
    sweep: 'Âm hạ dần từng giây',
    whoop: 'Hú dài lên cao',
    pulses: 'Từng tiếng ngắt quãng',
  },
  listen: 'Nghe thử',
  stopListening: 'Dừng nghe',
  onlyHere: 'Chỉ nghe trên máy này, không phát ra loa.',
  notHeard: 'Chưa nghe thử được trên máy này.',
  length: 'Độ dài',
  seconds: (seconds: string) => `${seconds} giây`,
  wakeUp: (needs: string, lasts: string) =>
    `Âm ly chậm nhất cần ${needs} giây để có tiếng; nơi có âm ly đó, tín hiệu dài ít nhất ${lasts} giây.`,
  save: 'Lưu',
  saved: 'Đã lưu.',
  onlyAdministrator: 'Chỉ người quản trị đổi được.',
};

const en: typeof vi = {
  title: 'Attention signal of emergencies',
  lead: 'Every emergency begins with this signal. The correction of a false alarm and the all-clear have their own.',
  signals: {
    two_tone: 'Two tones by turns',
    sweep: 'Falling tone every second',
    whoop: 'Long rising whoop',
    pulses: 'Interrupted tone',
  },
  listen: 'Listen',
  stopListening: 'Stop listening',
  onlyHere: 'Heard on this device only, never on a loudspeaker.',
  notHeard: 'It could not be played on this device.',
  length: 'Length',
  seconds: (seconds) => `${seconds} seconds`,
  wakeUp: (needs, lasts) =>
    `The slowest amplifier needs ${needs} seconds to wake up; where it stands, the signal lasts at least ${lasts} seconds.`,
  save: 'Save',
  saved: 'Saved.',
  onlyAdministrator: 'Only an administrator can change this.',
};

/** Of the one card that chooses the attention signal: they travel with it, not with every page. */
export const ATTENTION_WORDS: Record<Language, typeof vi> = { vi, en };
