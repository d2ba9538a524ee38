import type { SpeakerRung } from '../../controller/protocol/speaker-state.ts';
import type { ClusterWord } from '../live/evidence.ts';
import { plural } from './english.ts';

const words: Record<ClusterWord, string> = {
  ready: 'Sẵn sàng',
  starting: 'Đang bắt đầu',
  sounding: 'Có tiếng',
  heard: 'Nghe thấy',
  check: 'Cần kiểm tra',
  silent: 'Mất tiếng',
  offline: 'Mất kết nối',
  muted: 'Đang tắt tiếng',
  unknown: 'Chưa rõ',
};

/** What stands behind one of the three plain words. */
const why: Partial<Record<ClusterWord, string>> = {
  ready: 'chưa phát gì',
  starting: 'vừa bắt đầu phát',
  sounding: 'loa báo có tiếng',
  check: 'cần kiểm tra',
  offline: 'mất kết nối',
  muted: 'chỉ phát tin khẩn cấp',
};

const rungs: Record<SpeakerRung, string> = {
  offline: 'Không kết nối',
  connected: 'Có kết nối',
  receiving: 'Đang nhận',
  decoding: 'Đang giải mã',
  playing: 'Đang phát ra loa',
  heard: 'Nghe thấy tiếng (đo bằng micro hoặc người xác nhận)',
};

const vi = {
  state: { word: words, rung: rungs, why, asOf: (time: string) => `lúc ${time}` },
  age: {
    moments: 'vừa xong',
    minutes: (count: number) => `${count} phút trước`,
    hours: (count: number) => `${count} giờ trước`,
    days: (count: number) => `${count} ngày trước`,
  },
};

const en: typeof vi = {
  state: {
    word: {
      ready: 'Ready',
      starting: 'Starting',
      sounding: 'Sounding',
      heard: 'Heard',
      check: 'Check',
      silent: 'Silent',
      offline: 'Not connected',
      muted: 'Muted',
      unknown: 'Unknown',
    },
    rung: {
      offline: 'Not connected',
      connected: 'Connected',
      receiving: 'Receiving',
      decoding: 'Decoding',
      playing: 'Driving the horns',
      heard: 'Heard (measured by microphone or confirmed by a person)',
    },
    why: {
      ready: 'nothing is on air',
      starting: 'just started',
      sounding: 'the speaker reports sound',
      check: 'needs a check',
      offline: 'not connected',
      muted: 'sounds emergencies only',
    },
    asOf: (time) => `at ${time}`,
  },
  age: {
    moments: 'just now',
    minutes: (count) => plural(count, 'minute ago', 'minutes ago'),
    hours: (count) => plural(count, 'hour ago', 'hours ago'),
    days: (count) => plural(count, 'day ago', 'days ago'),
  },
};

/** The states of clusters, and how long ago something was. */
export const STATE_WORDS = { vi, en };
