import type { Rule } from './rules.ts';

const LETTER_NAMES: Readonly<Record<string, string>> = {
  ...{ A: 'a', Ă: 'á', Â: 'ớ', B: 'bê', C: 'xê', D: 'dê', Đ: 'đê', E: 'e', Ê: 'ê', F: 'ép', G: 'giê', H: 'hát', I: 'i', J: 'gi', K: 'ca' },
  ...{ L: 'lờ', M: 'mờ', N: 'nờ', O: 'o', Ô: 'ô', Ơ: 'ơ', P: 'pê', Q: 'quy', R: 'rờ', S: 'sờ', T: 'tê', U: 'u', Ư: 'ư', V: 'vê' },
  ...{ W: 'vê kép', X: 'ích', Y: 'i dài', Z: 'dét' },
};

/** Addresses on the net: "www.daiphuoc.gov.vn". Bounded, or a long line of dots or dashes would be walked through again from each of them. */
export const addresses: Rule = (text) =>
  text
    .replace(/\bhttps?:\/\//giu, '')
    .replace(/(?<![\p{L}\d])[a-z0-9_-]{1,64}(?:\.[a-z0-9_-]{1,64}){0,4}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}/giu, (found) =>
      readAddress(found),
    )
    .replace(
      /(?<![\p{L}\d])(?:www\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6}|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6}\.(?:vn|com|org|net))(?![\p{L}\d])/giu,
      (found) => readAddress(found),
    );

function readAddress(address: string): string {
  return ` ${address
    .replaceAll('@', ' a còng ')
    .replaceAll('.', ' chấm ')
    .replaceAll('-', ' gạch ')
    .replaceAll('_', ' gạch dưới ')
    .replace(/\bwww\b/gi, 'vê kép vê kép vê kép')} `;
}

/** Capitals that no dictionary knew and nobody could say as a word ("BQL", "PTTT") are spelled. */
export const spelledAbbreviations: Rule = (text) =>
  text.replace(
    /(?<![\p{L}\p{M}\d])[BCDĐGHKLMNPQRSTVXFJWZ]{2,7}(?![\p{L}\p{M}\d])/gu,
    (found) => ` ${[...found].map((letter) => LETTER_NAMES[letter] ?? letter).join(' ')} `,
  );

/** Signs become words or pauses; what has no sound goes. */
export const symbols: Rule = (text) =>
  text
    .replace(/[“”„«»"‘’`*_~^|\\]/gu, ' ')
    .replace(/&/g, ' và ')
    .replace(/@/g, ' a còng ')
    .replace(/\+/g, ' cộng ')
    .replace(/=/g, ' bằng ')
    .replace(/%/g, ' phần trăm ')
    .replace(/(?<=(?:trăm|nghìn|ngàn|triệu|tỷ|tỉ)\s)đ(?!\p{L})/gu, 'đồng')
    .replace(/[()[\]{}]/g, ', ')
    .replace(
      /(?<=đồng|phần trăm|mét|lít|gam|héc ta|tấn)\s*\/\s*(\p{L}+)(?:\/(\p{L}+))?/gu,
      (_found, per: string, also: string | undefined) => ` mỗi ${per}${also ? ` mỗi ${also}` : ''}`,
    )
    .replace(/(?<=\p{L})\s*\/\s*(?=\p{L})/gu, ', ')
    .replace(/\s[-–—]+\s/g, ', ')
    .replace(/(?<=^|\n)\s*[-–—•·+]\s*/gu, '')
    .replace(/…|\.{2,}/g, '. ')
    .replace(/[<>#$§©®™/=•·×→]/gu, ' ')
    // Pictures, other scripts' signs and anything else without a sound in Vietnamese.
    .replace(/[^\p{L}\p{M}\p{N}\s.,;:!?'-]/gu, ' ');
