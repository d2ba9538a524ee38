import { integerWords, type NumberStyle } from './number-words.ts';
import { ENDS, LETTER, NOT_IN_NUMBER, NOT_IN_WORD } from './patterns.ts';
import type { Rule } from './rules.ts';

const SHARE_BEFORE = 'hơn|gần|khoảng|chừng|chiếm|bằng|đạt|giảm|tăng|trên|tỷ lệ|tỉ lệ';
const SHARE_BEHIND =
  'điểm|hộ|ấp|xã|phường|thôn|người|em|học sinh|tiêu chí|phiếu|đại biểu|thành viên|câu|trường hợp|cụm|số|dân số|diện tích|khu phố';
/** Before these a fraction is a date without "ngày": a road's or a school's name. */
const NAMED_BEFORE = 'đường|phố|quảng trường|công viên|trường|chợ|cầu';
/** Before these it is an address. */
const ADDRESS_BEFORE = 'số nhà|nhà số|hẻm|ngõ|kiệt|ngách';
const DAY_BEFORE = 'ngày|mùng|hôm|sáng|trưa|chiều|tối|đêm|từ|đến|tới|trước|sau|thứ \\p{L}+|thứ \\d|lễ|dịp';

const month = (digits: string, style: NumberStyle): string => (Number(digits) === 4 ? 'tư' : say(digits, style));
const say = (digits: string, style: NumberStyle): string => integerWords(String(Number(digits)), style);

/** "24/7" and "24/24 giờ": round the clock, unless the words before say that it is a day. */
const roundTheClock: Rule = (text) =>
  text
    .replace(new RegExp(`${NOT_IN_NUMBER}24/24(?:\\s?(?:h|giờ))?${ENDS}(?!/)`, 'giu'), (found) =>
      /h|giờ/i.test(found) ? ' hai mươi bốn trên hai mươi bốn giờ ' : ' hai mươi bốn trên hai mươi bốn ',
    )
    .replace(new RegExp(`(?<!(?:${DAY_BEFORE})\\s{1,3})${NOT_IN_NUMBER}24/7${ENDS}(?![/-])`, 'giu'), ' hai mươi bốn trên bảy ');

/** "15/9-15/10", "30/4 - 1/5/2027", "9/2025-5/2026", "tháng 9-10/2026": from one to the other. */
const dateRanges: Rule = (text) =>
  text
    .replace(
      new RegExp(`${NOT_IN_NUMBER}((\\d{1,2})/(\\d{1,2})(?:/\\d{4})?)\\s?[-–—]\\s?(?=(\\d{1,2})/(\\d{1,2})(?:/\\d{4})?${ENDS}(?!/))`, 'gu'),
      (found, first, day, m, otherDay, otherMonth) => (isDay(day, m) && isDay(otherDay, otherMonth) ? `${first} đến ` : found),
    )
    .replace(new RegExp(`${NOT_IN_NUMBER}(\\d{1,2}/(?:19|20)\\d\\d)\\s?[-–—]\\s?(?=\\d{1,2}/(?:19|20)\\d\\d${ENDS}(?!/))`, 'gu'), '$1 đến ')
    .replace(new RegExp(`${NOT_IN_WORD}(tháng\\s+\\d{1,2})\\s?[-–—]\\s?(?=\\d{1,2}/(?:19|20)\\d\\d${ENDS}(?!/))`, 'giu'), '$1 đến ');

/** "quý 3/2026", "số 5/2026": a number of that year, no month. */
const numberedInYear: Rule = (text) =>
  text.replace(new RegExp(`${NOT_IN_WORD}((?:quý|đợt|kỳ|lần|số|tập)\\s+\\d{1,3})/((?:19|20)\\d\\d)${ENDS}(?!/)`, 'giu'), '$1 năm $2');

/** 10/10/2026, 22-11-2026, 8-10/10, 10/10, 10/2026, and fractions where the words around say so. */
export const dates: Rule = (written, style) => {
  const text = numberedInYear(dateRanges(roundTheClock(written, style), style), style);
  const before = `(ngày\\s+|mùng\\s+|hôm\\s+)?${NOT_IN_NUMBER}`;
  const dayWord = (given: string | undefined): string => given ?? 'ngày ';
  return (
    text
      .replace(
        new RegExp(`${before}(\\d{1,2})\\s?[-–]\\s?(\\d{1,2})/(\\d{1,2})(?:/(\\d{4}))?${ENDS}(?!/)`, 'giu'),
        (found, given, from, to, m, year) => {
          if (!isDay(from, m) || !isDay(to, m)) return found;
          return ` ${dayWord(given)}${say(from, style)} đến ${say(to, style)} tháng ${month(m, style)}${year ? ` năm ${say(year, style)}` : ''} `;
        },
      )
      .replace(new RegExp(`${before}(\\d{1,2})([/.-])(\\d{1,2})\\3(\\d{4})${ENDS}`, 'giu'), (found, given, day, _separator, m, year) =>
        isDay(day, m) ? ` ${dayWord(given)}${say(day, style)} tháng ${month(m, style)} năm ${say(year, style)} ` : found,
      )
      // "20-11": no range goes down.
      .replace(
        new RegExp(`(ngày\\s+|mùng\\s+|lễ\\s+|dịp\\s+)${NOT_IN_NUMBER}(\\d{1,2})-(\\d{1,2})${ENDS}(?![/-])`, 'giu'),
        (found, given, day, m) =>
          isDay(day, m) && Number(day) > Number(m)
            ? ` ${given}${/lễ|dịp/i.test(given) ? 'ngày ' : ''}${say(day, style)} tháng ${month(m, style)} `
            : found,
      )
      .replace(new RegExp(`(tháng\\s+)?${NOT_IN_NUMBER}(\\d{1,2})/((?:19|20)\\d\\d)${ENDS}(?!/)`, 'giu'), (found, given, m, year) =>
        isDay('1', m) ? ` ${given ?? 'tháng '}${month(m, style)} năm ${say(year, style)} ` : found,
      )
      .replace(
        new RegExp(`${NOT_IN_WORD}((?:${ADDRESS_BEFORE})\\s+)(\\d{1,4})/(\\d{1,4})${ENDS}`, 'giu'),
        (_found, given, a, b) => ` ${given}${say(a, style)} trên ${say(b, style)} `,
      )
      .replace(new RegExp(`${NOT_IN_WORD}((?:${NAMED_BEFORE})\\s+)(\\d{1,2})/(\\d{1,2})${ENDS}(?!/)`, 'giu'), (found, given, day, m) =>
        isDay(day, m) ? ` ${given}${say(day, style)} tháng ${month(m, style)} ` : found,
      )
      .replace(
        new RegExp(
          `(?:(${SHARE_BEFORE})\\s+)?(ngày\\s+|mùng\\s+|hôm\\s+)?${NOT_IN_NUMBER}(\\d{1,3})/(\\d{1,3})${ENDS}(?!/)(?=(\\s+(?:${SHARE_BEHIND})(?![${LETTER}]))?)`,
          'giu',
        ),
        (found, share, given, a, b, counted) => {
          const lead = share ? `${share} ` : '';
          if (given || (!share && !counted && isDay(a, b)))
            return isDay(a, b) ? ` ${lead}${dayWord(given)}${say(a, style)} tháng ${month(b, style)} ` : found;
          if (Number(b) === 0) return found;
          return Number(a) < Number(b) && Number(b) <= 10 && !counted
            ? ` ${lead}${say(a, style)} phần ${month(b, style)} `
            : ` ${lead}${say(a, style)} trên ${say(b, style)} `;
        },
      )
  );
};

function isDay(day: string, monthDigits: string): boolean {
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(monthDigits) - 1];
  return longest !== undefined && Number(day) >= 1 && Number(day) <= longest;
}
