import type { Words } from '../errors.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { EndReason } from './record.ts';

/** "3 phút 20 giây". */
export function durationInWords(durationMs: number): Words {
  const totalS = Math.max(1, Math.round(durationMs / 1000));
  const [h, min, s] = [Math.floor(totalS / 3600), Math.floor(totalS / 60) % 60, totalS % 60];
  const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;
  const vi = [h > 0 ? `${h} giờ` : '', min > 0 ? `${min} phút` : '', s > 0 ? `${s} giây` : ''];
  const en = [h > 0 ? plural(h, 'hour') : '', min > 0 ? plural(min, 'minute') : '', s > 0 ? plural(s, 'second') : ''];
  return { vi: vi.filter(Boolean).join(' '), en: en.filter(Boolean).join(' ') };
}

const CLASS_WORDS: Record<BroadcastClass, Words> = {
  normal: { vi: 'Bản tin', en: 'The bulletin' },
  relay: { vi: 'Chương trình tiếp âm', en: 'The relay' },
  priority: { vi: 'Bản tin ưu tiên', en: 'The priority bulletin' },
  live: { vi: 'Phát biểu trực tiếp', en: 'The live announcement' },
  emergency: { vi: 'KHẨN CẤP:', en: 'EMERGENCY:' },
};

/** "Bản tin ‘Lịch tiêm chủng’". */
export function nameInWords(broadcast: { title: string; class: BroadcastClass }): Words {
  const words = CLASS_WORDS[broadcast.class];
  return { vi: `${words.vi} ‘${broadcast.title}’`, en: `${words.en} ‘${broadcast.title}’` };
}

type Named = { title: string; class: BroadcastClass };

function list(broadcasts: readonly Named[]): Words {
  const quoted = broadcasts.map((broadcast) => `‘${broadcast.title}’`);
  return { vi: quoted.join(', '), en: quoted.join(', ') };
}

/** The reasons for which a broadcast ends otherwise than by coming to its end. */
export const REASONS = {
  preempted: (by: readonly Named[]): EndReason => ({
    code: 'air.preempted',
    vi: `Bị ngắt bởi ${list(by).vi}; chương trình này không phát tiếp.`,
    en: `Replaced by ${list(by).en}; this programme does not go on afterwards.`,
  }),
  replaced: (by: readonly (Named & { requestedByName: string })[]): EndReason => {
    const newer = by.map((one) => `‘${one.title}’ (${one.requestedByName})`).join(', ');
    return {
      code: 'air.replaced',
      vi: `Đã dừng vì có tin khẩn cấp mới hơn: ${newer}. Tin này không tự phát lại; nếu bà con vẫn cần nghe, hãy phát lại.`,
      en: `Replaced by a newer emergency: ${newer}. This one does not come back by itself; give it again if people still need it.`,
    };
  },
  pausedTooLong: (by: readonly Named[]): EndReason => ({
    code: 'air.paused_too_long',
    vi: `Bị ${list(by).vi} ngắt quá lâu nên không phát tiếp.`,
    en: `Silenced too long by ${list(by).en} to go on.`,
  }),
  blocked: (by: readonly Named[]): EndReason => ({
    code: 'air.blocked',
    vi: `Chờ quá lâu vì đang phát ${list(by).vi}.`,
    en: `Waited too long while ${list(by).en} was on the air.`,
  }),
  nobodyConnected: (): EndReason => ({
    code: 'air.nobody_connected',
    vi: 'Không cụm loa nào trong nơi cần phát có kết nối.',
    en: 'None of the clusters it was meant for was connected.',
  }),
  liveBusy: (by: readonly (Named & { requestedByName: string })[]): EndReason => ({
    code: 'air.live_busy',
    vi: `Đang có người phát trực tiếp: ${by.map((one) => `${one.requestedByName} (‘${one.title}’)`).join(', ')}. Hãy chờ đến khi kết thúc.`,
    en: `Somebody is speaking live: ${by.map((one) => `${one.requestedByName} (‘${one.title}’)`).join(', ')}. Wait until it ends.`,
  }),
  stoppedBy: (name: string, why: string | undefined): EndReason => ({
    code: 'air.stopped',
    vi: why ? `${name} đã dừng: ${why}` : `${name} đã dừng.`,
    en: why ? `Stopped by ${name}: ${why}` : `Stopped by ${name}.`,
  }),
  controllerWasDown: (): EndReason => ({
    code: 'air.controller_was_down',
    vi: 'Máy chủ không hoạt động vào giờ phát và đã quá hạn phát muộn.',
    en: 'The controller was down at its time, and it is too late to start now.',
  }),
  tooLate: (): EndReason => ({
    code: 'air.too_late',
    vi: 'Khi máy chủ phát được thì đã quá hạn phát muộn.',
    en: 'By the time the controller could air it, it was too late to start.',
  }),
  microphoneLost: (): EndReason => ({
    code: 'air.microphone_lost',
    vi: 'Máy chủ khởi động lại giữa chừng nên mất micrô. Hãy phát lại trực tiếp.',
    en: 'The controller restarted in the middle and the microphone was lost. Speak again.',
  }),
  downTooLong: (): EndReason => ({
    code: 'air.down_too_long',
    vi: 'Máy chủ ngừng hoạt động giữa chừng quá lâu nên không phát tiếp.',
    en: 'The controller was down in the middle for too long to go on.',
  }),
  sourceFailed: (words: Words, code: string): EndReason => ({ code, ...words }),
  notAccepted: (): EndReason => ({
    code: 'broadcast.not_accepted',
    vi: 'Cơ sở dữ liệu không trả lời nên lệnh phát này không được nhận.',
    en: 'The database did not answer, so this broadcast was not accepted.',
  }),
  putBack: (): EndReason => ({
    code: 'broadcast.put_back',
    vi: 'Được ghi lại sau này, vì lúc đó cơ sở dữ liệu từ chối; không rõ lượt phát kết thúc thế nào.',
    en: 'Stored later, for the database refused it then; how it ended is not known.',
  }),
  defect: (): EndReason => ({
    code: 'air.defect',
    vi: 'Lỗi ngoài dự kiến của máy chủ khi phát. Chi tiết có trong nhật ký hệ thống.',
    en: 'An unexpected error of the controller while on the air. The system log has the details.',
  }),
  planChanged: (): EndReason => ({
    code: 'schedule.changed',
    vi: 'Lịch phát đã thay đổi trước giờ phát.',
    en: 'The schedule was changed before its time.',
  }),
  skipped: (name: string): EndReason => ({
    code: 'schedule.skipped',
    vi: `${name} đã bỏ qua lần phát này.`,
    en: `${name} skipped this playing.`,
  }),
} as const;
