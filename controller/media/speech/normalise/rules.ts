import { digitWords, integerWords, type NumberStyle, numberWords, ordinalWords } from './number-words.ts';
import { ENDS, LETTER, NOT_IN_NUMBER, NOT_IN_WORD, WHOLE } from './patterns.ts';
import { romanToInteger } from './roman.ts';
import { UNIT_WORDS } from './units.ts';

/** One step of reading out: what it finds becomes words, which no later step touches again. */
export type Rule = (text: string, style: NumberStyle) => string;

/** "Số 12/2025/NĐ-CP", "49/2024/NĐ-CP", "QĐ 505/QĐ-UBND": number, year, then the code, whose parts the dictionary knows. */
export const documentNumbers: Rule = (text, style) => {
  const pattern = new RegExp(
    `${NOT_IN_NUMBER}(\\d{1,5})(?:/(\\d{4}))?/(\\p{Lu}[\\p{L}\\d]{0,9}(?:-\\p{Lu}[\\p{L}\\d]{0,11}){0,3})${ENDS}`,
    'gu',
  );
  return text.replace(pattern, (_found, number: string, year: string | undefined, code: string) => {
    const spokenYear = year === undefined ? '' : ` năm ${integerWords(year, style)}`;
    return ` ${codeNumber(number, style)}${spokenYear}, ${code.replaceAll('-', ' ')} `;
  });
};

/**
 * "Đường dây nóng: 113, 114 hoặc 0251": what is called, and the numbers behind it. Read forwards, list by list: looking back from each
 * number over those before it takes the square of a long list.
 */
const HOTLINES =
  /(?:đường dây nóng|hotline|tổng đài|điện thoại|đt|gọi|số máy)\s*:?\s*(?:số\s*)?(\d{3,8}(?:\s*(?:,|-|hoặc|và)\s*\d{3,8})*)/giu;
const SHORT_NUMBER = new RegExp(`(?<!\\d)\\d{3,8}${ENDS}(?![.,/:]\\d)`, 'gu');

/** @param rest what `replace` gives behind the groups: where it was found, and in which text */
function readHotlines(found: string, numbers: string, rest: readonly (string | number)[]): string {
  const [offset, text] = rest as [number, string];
  // The last number's end is decided by what follows it.
  const behind = text.slice(offset + found.length, offset + found.length + 2);
  const read = `${numbers}${behind}`.replace(SHORT_NUMBER, (digits) => digitWords(digits));
  return found.slice(0, found.length - numbers.length) + read.slice(0, read.length - behind.length);
}

/** Telephone and card numbers, digit by digit with a breath between groups. */
export const phoneNumbers: Rule = (text) => {
  const separated = new RegExp(`${NOT_IN_NUMBER}(\\+84|0|1[89]00)((?:[ .-]?\\d){4,10})${ENDS}(?![.,]\\d)`, 'gu');
  const emergency = new RegExp(
    `(?<=(?:cảnh sát|công an|cứu hỏa|cứu hoả|chữa cháy|cấp cứu|cứu thương|cứu nạn|bảo vệ trẻ em)\\s+(?:số\\s+)?)11[1-5]${ENDS}(?![.,/:]\\d)`,
    'giu',
  );
  return (
    text
      // "(0251) 3512345": the area in brackets is part of the number.
      .replace(/\((0\d{1,3})\)\s?(?=\d)/gu, '$1 ')
      .replace(separated, (found) => {
        const digits = found.replace(/\D/g, '');
        if (digits.length < 8 || digits.length > 12) return found;
        return ` ${phoneGroups(found).map(digitWords).join(', ')} `;
      })
      .replace(HOTLINES, (found, numbers: string, ...rest: (string | number)[]) => readHotlines(found, numbers, rest))
      .replace(emergency, (digits) => digitWords(digits))
      .replace(
        new RegExp(`${NOT_IN_NUMBER}\\d{12,}${ENDS}`, 'gu'),
        (digits) => ` ${(digits.match(/\d{1,3}/g) ?? []).map(digitWords).join(', ')} `,
      )
  );
};

function phoneGroups(written: string): string[] {
  const international = written.startsWith('+');
  const groups = written
    .replace('+', '')
    .split(/[ .-]/)
    .filter((group) => group !== '');
  const parts = groups.length > 1 ? groups : (/^(\d{4})(\d{3})(\d+)$/.exec(groups[0] ?? '')?.slice(1) ?? groups);
  return international ? [`${parts[0]}`, ...parts.slice(1)] : parts;
}

/** "Quý IV", "khóa XIII", "lần thứ XIV". Elsewhere I, V and X are letters. */
export const romanNumerals: Rule = (text, style) => {
  const keyword =
    'quý|khóa|khoá|kỳ|thứ|lần|chương|phần|mục|thế kỷ|đại hội|cấp|loại|hạng|nhóm|khu vực|vùng|tập|đợt|quân khu|phụ lục|giai đoạn|bậc';
  const pattern = new RegExp(`${NOT_IN_WORD}((?i:${keyword}))\\s+([IVXL]{1,8})${ENDS}(?:/(?=(?:19|20)\\d\\d${ENDS}))?`, 'gu');
  const heading = text.replace(/^([IVXL]{1,8})(?=[.)]\s)/u, (numeral) => {
    const value = romanToInteger(numeral);
    return value === undefined ? numeral : integerWords(String(value), style);
  });
  return heading.replace(pattern, (found, word: string, numeral: string) => {
    const value = romanToInteger(numeral);
    if (value === undefined) return found;
    return `${word} ${word.toLowerCase() === 'thứ' ? ordinalWords(String(value), style) : value === 4 && /quý/i.test(word) ? 'bốn' : integerWords(String(value), style)}${found.endsWith('/') ? ' năm ' : ''}`;
  });
};

/** "thứ 4", "tháng 4": a number that has another name there. */
export const ordinals: Rule = (text, style) =>
  text
    .replace(
      new RegExp(`${NOT_IN_WORD}(thứ\\s+)(\\d{1,2})${ENDS}(?![.,/]\\d)`, 'giu'),
      (_found, word: string, digits: string) => `${word}${ordinalWords(String(Number(digits)), style)}`,
    )
    .replace(new RegExp(`${NOT_IN_WORD}(tháng\\s+)(0?4)${ENDS}(?![.,/]\\d)`, 'giu'), (_found, word: string) => `${word}tư`)
    .replace(
      new RegExp(`${NOT_IN_WORD}((?:ngày|tháng|ấp|khu phố|tổ)\\s+)0(\\d)${ENDS}`, 'giu'),
      (_found, word: string, digit: string) => `${word}${integerWords(digit, style)}`,
    );

/** "8-10", "2020 – 2025". Dates, times and telephones with dashes were read before. */
export const ranges: Rule = (text) => text.replace(/(?<=\d(?:\s?%)?)\s?[-–—]\s?(?=\d)/gu, ' đến ').replace(/(?<=\p{L})-(?=\d)/gu, ' ');

/** "1 000 000": a space between thousands. One group alone must look like an amount, for "tổ 5 120 hộ" are two numbers. */
export const groupedBySpaces: Rule = (text) =>
  text.replace(/(?<![\d.,/])[1-9]\d{0,2}(?: \d{3}){2,4}(?![\d.,/])|(?<![\d.,/])[1-9]\d{0,2} \d00(?![\d.,/])/gu, (found) =>
    found.replaceAll(' ', '.'),
  );

/** Every number that is left, with its unit. */
export const numbers: Rule = (text, style) => {
  const units = Object.keys(UNIT_WORDS)
    .toSorted((a, b) => b.length - a.length)
    .map((unit) => unit.replace(/[/]/g, '\\/'));
  const pattern = new RegExp(
    `(?:(?<![\\p{L}\\p{M}\\d])([-−]))?(${WHOLE})(?:,(\\d+)|\\.(\\d{1,2}|\\d{4,})(?![\\d.]))?(?:(\\s?)(${units.join('|')})(?![${LETTER}\\d²³]))?`,
    'gu',
  );
  return text.replace(pattern, (_found, sign, whole: string, comma, dot, _space, unit) => {
    const decimals: string | undefined = comma ?? dot;
    const spoken = numberWords(`${sign ?? ''}${whole}${decimals === undefined ? '' : `,${decimals}`}`, style);
    return ` ${spoken}${unit === undefined ? '' : ` ${UNIT_WORDS[unit] ?? unit}`} `;
  });
};

function codeNumber(digits: string, style: NumberStyle): string {
  return integerWords(String(Number(digits)), style);
}
