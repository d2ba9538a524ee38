import { digitWords, integerWords, type NumberStyle, numberWords, ordinalWords } from './number-words.ts';
import { romanToInteger } from './roman.ts';
import { UNIT_WORDS } from './units.ts';

/** One step of reading out: what it finds becomes words, which no later step touches again. */
export type Rule = (text: string, style: NumberStyle) => string;

const LETTER = '\\p{L}\\p{M}';
const NOT_IN_WORD = `(?<![${LETTER}\\d])`;
const NOT_IN_NUMBER = '(?<![\\p{L}\\p{M}\\d.,/:])';
const ENDS = `(?![${LETTER}\\d])`;
/** 1.234.567 or 1234567. */
const WHOLE = '\\d{1,3}(?:\\.\\d{3})+(?!\\d)|\\d+';

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

/** Telephone and card numbers, digit by digit with a breath between groups. */
export const phoneNumbers: Rule = (text) => {
  const separated = new RegExp(`${NOT_IN_NUMBER}(\\+84|0|1[89]00)((?:[ .-]?\\d){4,10})${ENDS}(?![.,]\\d)`, 'gu');
  const hotline = new RegExp(
    `(?<=(?:đường dây nóng|hotline|tổng đài|điện thoại|đt|gọi|số máy)\\s*:?\\s*(?:số\\s*)?(?:\\d{3,8}\\s*(?:,|-|hoặc|và)\\s*)*)\\d{3,8}${ENDS}(?![.,/:]\\d)`,
    'giu',
  );
  return text
    .replace(separated, (found) => {
      const digits = found.replace(/\D/g, '');
      if (digits.length < 8 || digits.length > 12) return found;
      return ` ${phoneGroups(found).map(digitWords).join(', ')} `;
    })
    .replace(hotline, (digits) => digitWords(digits))
    .replace(
      new RegExp(`${NOT_IN_NUMBER}\\d{12,}${ENDS}`, 'gu'),
      (digits) => ` ${(digits.match(/\d{1,3}/g) ?? []).map(digitWords).join(', ')} `,
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

/** 10/10/2026, 22-11-2026, 8-10/10, 10/10, 10/2026, and fractions where the words around say so. */
export const dates: Rule = (text, style) => {
  const say = (digits: string): string => integerWords(String(Number(digits)), style);
  const month = (digits: string): string => (Number(digits) === 4 ? 'tư' : say(digits));
  const before = `(ngày\\s+|mùng\\s+|hôm\\s+)?${NOT_IN_NUMBER}`;
  const dayWord = (given: string | undefined): string => given ?? 'ngày ';
  return text
    .replace(
      new RegExp(`${before}(\\d{1,2})\\s?[-–]\\s?(\\d{1,2})/(\\d{1,2})(?:/(\\d{4}))?${ENDS}(?!/)`, 'giu'),
      (found, given, from, to, m, year) => {
        if (!isDay(from, m) || !isDay(to, m)) return found;
        return ` ${dayWord(given)}${say(from)} đến ${say(to)} tháng ${month(m)}${year ? ` năm ${say(year)}` : ''} `;
      },
    )
    .replace(new RegExp(`${before}(\\d{1,2})([/.-])(\\d{1,2})\\3(\\d{4})${ENDS}`, 'giu'), (found, given, day, _separator, m, year) =>
      isDay(day, m) ? ` ${dayWord(given)}${say(day)} tháng ${month(m)} năm ${say(year)} ` : found,
    )
    .replace(new RegExp(`(tháng\\s+)?${NOT_IN_NUMBER}(\\d{1,2})/((?:19|20)\\d\\d)${ENDS}(?!/)`, 'giu'), (found, given, m, year) =>
      isDay('1', m) ? ` ${given ?? 'tháng '}${month(m)} năm ${say(year)} ` : found,
    )
    .replace(
      new RegExp(
        `(?:(${SHARE_BEFORE})\\s+)?(ngày\\s+|mùng\\s+|hôm\\s+)?${NOT_IN_NUMBER}(\\d{1,3})/(\\d{1,3})${ENDS}(?!/)(?=(\\s+(?:${SHARE_BEHIND})(?![${LETTER}]))?)`,
        'giu',
      ),
      (found, share, given, a, b, counted) => {
        const lead = share ? `${share} ` : '';
        if (given || (!share && !counted && isDay(a, b)))
          return isDay(a, b) ? ` ${lead}${dayWord(given)}${say(a)} tháng ${month(b)} ` : found;
        if (Number(b) === 0) return found;
        return Number(a) < Number(b) && Number(b) <= 10 && !counted
          ? ` ${lead}${say(a)} phần ${month(b)} `
          : ` ${lead}${say(a)} trên ${say(b)} `;
      },
    );
};

const SHARE_BEFORE = 'hơn|gần|khoảng|chiếm|bằng|đạt|giảm|tăng|trên';
const SHARE_BEHIND =
  'điểm|hộ|ấp|xã|phường|thôn|người|em|học sinh|tiêu chí|phiếu|đại biểu|thành viên|câu|trường hợp|cụm|số|dân số|diện tích|khu phố';

function isDay(day: string, month: string): boolean {
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1];
  return longest !== undefined && Number(day) >= 1 && Number(day) <= longest;
}

/** 5h30, 5g, 05:00, 17:30:15, 7h-9h. */
export const times: Rule = (text, style) => {
  const say = (digits: string): string => integerWords(String(Number(digits)), style);
  const clock = (found: string, hour: string, minute: string | undefined, second?: string): string => {
    if (Number(hour) > 24 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return found;
    const minutes = minute !== undefined && Number(minute) > 0 ? ` ${say(minute)} phút` : '';
    const seconds = second !== undefined && Number(second) > 0 ? ` ${say(second)} giây` : '';
    return ` ${say(hour)} giờ${minutes}${seconds} `;
  };
  return text
    .replace(new RegExp(`(?<=\\d\\s?[hHgG]?)\\s*[-–]\\s*(?=\\d{1,2}(?:[hHg]|:\\d\\d|\\s?giờ)(?![${LETTER}]))`, 'gu'), ' đến ')
    .replace(
      new RegExp(`${NOT_IN_NUMBER}(\\d{1,2})\\s?[hHg](\\d{2})(?:['’]|\\s?phút|p|ph)?${ENDS}`, 'gu'),
      (found, hour: string, minute: string) => clock(found, hour, minute),
    )
    .replace(new RegExp(`${NOT_IN_NUMBER}(\\d{1,2})[hH]${ENDS}`, 'gu'), (found, hour: string) => clock(found, hour, undefined))
    .replace(
      new RegExp(`${NOT_IN_NUMBER}(\\d{1,2}):(\\d{2})(?::(\\d{2}))?(?:\\s?(?:giờ|h))?${ENDS}`, 'gu'),
      (found, hour: string, minute: string, second: string | undefined) => clock(found, hour, minute, second),
    );
};

/** "Quý IV", "khóa XIII", "lần thứ XIV". Elsewhere I, V and X are letters. */
export const romanNumerals: Rule = (text, style) => {
  const keyword =
    'quý|khóa|khoá|kỳ|thứ|lần|chương|phần|mục|thế kỷ|đại hội|cấp|loại|hạng|nhóm|khu vực|vùng|tập|đợt|quân khu|phụ lục|giai đoạn|bậc';
  const pattern = new RegExp(`${NOT_IN_WORD}((?i:${keyword}))\\s+([IVXL]{1,8})${ENDS}`, 'gu');
  return text.replace(pattern, (found, word: string, numeral: string) => {
    const value = romanToInteger(numeral);
    if (value === undefined) return found;
    return `${word} ${word.toLowerCase() === 'thứ' ? ordinalWords(String(value), style) : value === 4 && /quý/i.test(word) ? 'bốn' : integerWords(String(value), style)}`;
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
