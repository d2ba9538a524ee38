import { digitWords } from './number-words.ts';
import { ENDS, NOT_IN_WORD } from './patterns.ts';
import type { Rule } from './rules.ts';

/** "Q.1", "P.5", "QL51", "ĐT.769", "CN" among the days of the week: before the dictionary, which knows whole words alone. */
export const places: Rule = (text) =>
  text
    .replace(new RegExp(`${NOT_IN_WORD}Q\\.\\s?(?=\\d{1,2}${ENDS})`, 'gu'), 'quận ')
    .replace(new RegExp(`${NOT_IN_WORD}P\\.\\s?(?=\\d{1,2}${ENDS})`, 'gu'), 'phường ')
    .replace(new RegExp(`${NOT_IN_WORD}(?:QL|Ql)\\.?\\s?(?=\\d{1,3}[A-Z]?${ENDS})`, 'gu'), 'quốc lộ ')
    .replace(
      new RegExp(`${NOT_IN_WORD}(?:ĐT|TL)\\.\\s?(\\d{3})(?=[A-Z]?${ENDS})`, 'gu'),
      (_found, digits: string) => `đường tỉnh ${digitWords(digits)} `,
    )
    .replace(
      /(?<=(?:thứ|Thứ)\s[\p{L}\d]{1,4}\s?(?:,|và|-|–|đến|hoặc)\s?(?:thứ\s[\p{L}\d]{1,4}\s?(?:,|và)\s?)?)CN(?![\p{L}\d])/gu,
      'chủ nhật',
    );
