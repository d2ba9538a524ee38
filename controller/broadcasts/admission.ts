import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { BroadcastContent } from '../protocol/broadcasts.ts';
import { ON_AIR_ROLES, type Role } from '../protocol/roles.ts';
import type { AirableBulletin } from './library.ts';
import type { EndReason } from './record.ts';

/** Everything the decision rests on. Pure, so that a rule can be read and tested by itself. */
export interface AdmissionCase {
  /** null: a schedule, whose maker was asked when it was made. */
  role: Role | null;
  class: BroadcastClass;
  content: BroadcastContent;
  /** undefined: there is no such bulletin; also for other content. */
  bulletin: AirableBulletin | undefined;
  /** The content is a microphone that another person than the requester opened. */
  isOthersMicrophone: boolean;
  clusterCount: number;
  fmClusterCount: number;
  startsAtMs: number;
  nowMs: number;
  /** A plan ahead may name a bulletin that is still being made; it is asked again before it sounds. */
  isPlanAhead: boolean;
  /** What people have planned or put in the queue already (`isInHand`), with the places that they and this one name. */
  inHand: { count: number; places: number };
}

/** A start that lies further back than this is a mistake in the request, not a late click. */
const LATEST_PAST_MS = 60_000;
const FURTHEST_AHEAD_MS = 366 * 86_400_000;
/** Everything that looks at all that is planned or waits rests on these: the arbitration, the list, the live feed. */
export const MOST_IN_HAND = 200;
/** Places that all of them together name; about a megabyte of a list. */
export const MOST_PLACES_IN_HAND = 100_000;

/**
 * Whether this may go on the air: undefined, or the reason why not. The one gate through which every broadcast passes, by hand,
 * by API and by schedule. Approval of content and quiet hours belong here, as further lines, when they come.
 */
export function admission(one: AdmissionCase): EndReason | undefined {
  if (one.role !== null && !ON_AIR_ROLES.includes(one.role)) return NOT_ALLOWED;
  if (one.isOthersMicrophone) return MICROPHONE_OF_ANOTHER;
  if (one.clusterCount === 0) return one.fmClusterCount > 0 ? ONLY_FM : NOWHERE;
  if (one.role !== null && one.startsAtMs < one.nowMs - LATEST_PAST_MS) return IN_THE_PAST;
  if (one.startsAtMs > one.nowMs + FURTHEST_AHEAD_MS) return TOO_FAR_AHEAD;
  if (one.role !== null && isInHand(one)) {
    if (one.inHand.count >= MOST_IN_HAND) return TOO_MANY;
    if (one.inHand.places > MOST_PLACES_IN_HAND) return TOO_MANY_PLACES;
  }
  if (one.content.kind === 'microphone' && one.startsAtMs > one.nowMs + LATEST_PAST_MS) return MICROPHONE_AHEAD;
  if (one.content.kind === 'bulletin' && one.content.repeat === 'until_stopped' && one.class !== 'emergency') return ENDLESS_NO_EMERGENCY;
  if (one.content.kind === 'bulletin') return bulletinReady(one);
  return undefined;
}

/** An emergency is never one too many, nor is who speaks into a microphone, which nobody can plan. */
export function isInHand({ class: itsClass, content }: Pick<AdmissionCase, 'class' | 'content'>): boolean {
  return itsClass !== 'emergency' && content.kind !== 'microphone';
}

function bulletinReady({ bulletin, isPlanAhead }: AdmissionCase): EndReason | undefined {
  if (!bulletin) return NO_BULLETIN;
  const title = `‘${bulletin.title}’`;
  if (bulletin.status === 'failed') {
    return {
      code: 'broadcast.bulletin_failed',
      vi: `Bản tin ${title} bị lỗi khi xử lý. Hãy xem lý do trong thư viện.`,
      en: `The bulletin ${title} could not be processed. The library says why.`,
    };
  }
  if (bulletin.isDamaged) {
    return {
      code: 'broadcast.bulletin_damaged',
      vi: `Tệp âm thanh của bản tin ${title} đã bị thay đổi hoặc hỏng nên không phát. Hãy tải lên lại, hoặc nói trực tiếp bằng micro.`,
      en: `The sound file of ${title} was changed or damaged and is not aired. Upload it again, or speak live.`,
    };
  }
  if (isPlanAhead || (bulletin.status === 'ready' && bulletin.masterPath !== null)) return undefined;
  return {
    code: 'broadcast.bulletin_not_ready',
    vi: `Bản tin ${title} chưa sẵn sàng để phát. Hãy chờ xử lý xong.`,
    en: `The bulletin ${title} is not ready yet. Wait until it is processed.`,
  };
}

const NOT_ALLOWED: EndReason = {
  code: 'broadcast.not_allowed',
  vi: 'Tài khoản này không được phép phát thanh.',
  en: 'This account may not broadcast.',
};
const TOO_MANY: EndReason = {
  code: 'broadcast.too_many',
  vi: `Đã có quá nhiều lần phát hẹn giờ hoặc đang chờ (nhiều nhất ${MOST_IN_HAND}), chưa nhận thêm được. Hãy hủy bớt trong phần Đang phát, hoặc dùng lịch phát.`,
  en: `Too many broadcasts are planned or waiting (${MOST_IN_HAND} at most); no more can be taken now. Withdraw some of them under On air, or use a schedule.`,
};
const TOO_MANY_PLACES: EndReason = {
  code: 'broadcast.too_many',
  vi: `Các lần phát hẹn giờ hoặc đang chờ đã kể ra quá nhiều nơi phát (nhiều nhất ${MOST_PLACES_IN_HAND}), chưa nhận thêm được. Hãy chọn “toàn xã” hoặc chọn theo ấp thay vì từng cụm loa, hoặc hủy bớt trong phần Đang phát.`,
  en: `What is planned or waiting names too many places (${MOST_PLACES_IN_HAND} at most); no more can be taken now. Choose the whole commune or hamlets instead of single clusters, or withdraw some under On air.`,
};
const NOWHERE: EndReason = {
  code: 'broadcast.no_clusters',
  vi: 'Nơi đã chọn không có cụm loa nào.',
  en: 'There is no cluster in the places chosen.',
};
const ONLY_FM: EndReason = {
  code: 'broadcast.only_fm',
  vi: 'Nơi đã chọn chỉ có cụm loa FM, không điều khiển được từ đây.',
  en: 'The places chosen have FM clusters only, which can’t be controlled from here.',
};
const IN_THE_PAST: EndReason = { code: 'broadcast.in_the_past', vi: 'Giờ phát đã qua.', en: 'The start lies in the past.' };
const TOO_FAR_AHEAD: EndReason = {
  code: 'broadcast.too_far_ahead',
  vi: 'Giờ phát xa hơn một năm. Hãy dùng lịch phát.',
  en: 'The start is more than a year ahead. Use a schedule.',
};
const ENDLESS_NO_EMERGENCY: EndReason = {
  code: 'broadcast.endless_no_emergency',
  vi: 'Chỉ bản tin khẩn cấp mới được lặp lại đến khi dừng. Hãy chọn số lần phát.',
  en: 'Only an emergency may be repeated until it is stopped. Choose how many times it is said.',
};
const MICROPHONE_AHEAD: EndReason = {
  code: 'broadcast.microphone_ahead',
  vi: 'Micrô chỉ phát được ngay, không hẹn giờ được.',
  en: 'A microphone can only be aired now, not at a set time.',
};
const MICROPHONE_OF_ANOTHER: EndReason = {
  code: 'broadcast.microphone_of_another',
  vi: 'Micrô này do người khác mở. Chỉ người mở mới phát được.',
  en: 'Somebody else opened this microphone. Only who opened it may put it on the air.',
};
const NO_BULLETIN: EndReason = {
  code: 'broadcast.no_bulletin',
  vi: 'Bản tin này không còn trong thư viện.',
  en: 'There is no such bulletin in the library.',
};
