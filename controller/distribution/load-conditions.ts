import type { Words } from '../errors.ts';
import type { ConditionIdentity } from '../protocol/conditions.ts';

type NamedWords = Words & ConditionIdentity;

export function inLongPackets(paths: number, packetMs: number): NamedWords {
  return {
    code: 'distribution.long_packets',
    vi: `Mỗi tiến trình phát âm thanh đang phục vụ tới ${paths} cụm loa. Để mọi loa đều đủ tiếng, tiếng nói trực tiếp bắt đầu từ bây giờ được gửi thành gói ${packetMs} ms thay vì 20 ms và đến loa trễ thêm ${packetMs - 20} ms. Muốn hết trễ: dùng máy chủ có nhiều nhân hơn.`,
    en: `A media process serves up to ${paths} speakers. So that all of them have their whole sound, live sound that begins from now on is sent in packets of ${packetMs} instead of 20 ms, and comes ${packetMs - 20} ms later. A server with more cores takes that away.`,
  };
}

export function fullForSpeakers(most: number): NamedWords {
  return {
    code: 'distribution.full',
    vi: `Máy chủ này phát được tới khoảng ${most} cụm loa và đã đủ: cụm loa xin thêm bị từ chối và im lặng, các cụm loa khác vẫn đủ tiếng. Hãy dùng máy chủ có nhiều nhân hơn.`,
    en: `This server carries about ${most} speakers, and has them: further ones are turned away and silent, the others keep their whole sound. Use a server with more cores.`,
  };
}

export function fellBehind(index: number): NamedWords {
  return {
    code: 'distribution.behind',
    subject: String(index),
    vi: `Tiến trình phát âm thanh số ${index + 1} không theo kịp: chương trình thường và trực tiếp bị mất tiếng từng đoạn, tin khẩn cấp vẫn được gửi đủ. Hãy dừng việc nặng khác trên máy chủ này hoặc dùng máy mạnh hơn.`,
    en: `Media process ${index + 1} can't keep up: ordinary and live programmes lose pieces of sound, emergencies are still sent whole. End other heavy work on this server, or use a stronger one.`,
  };
}

/** Over again: what is read afterwards says that it was. */
export function inShortPackets(): NamedWords {
  return {
    code: 'distribution.long_packets',
    vi: 'Có lúc máy chủ phục vụ quá nhiều cụm loa, nên tiếng trực tiếp đi bằng gói dài và trễ hơn; bây giờ lại bình thường.',
    en: 'For a while there were so many speakers that live sound went in longer packets and came later; it is as usual again.',
  };
}

export function roomAgain(): NamedWords {
  return {
    code: 'distribution.full',
    vi: 'Có lúc máy chủ đã đủ cụm loa và từ chối cụm loa xin thêm; từ một phút nay không còn cụm loa nào bị từ chối.',
    en: 'For a while this server had all the speakers that it carries, and turned others away; for a minute it has turned none away.',
  };
}

export function keepsUpAgain(index: number): NamedWords {
  return {
    code: 'distribution.behind',
    subject: String(index),
    vi: `Tiến trình phát âm thanh số ${index + 1} có lúc không theo kịp, chương trình thường và trực tiếp đã mất tiếng từng đoạn; bây giờ lại bình thường.`,
    en: `Media process ${index + 1} could not keep up for a while, and ordinary and live programmes lost pieces of sound; it keeps up again.`,
  };
}
