import { integerWords } from './number-words.ts';
import { ENDS, LETTER, NOT_IN_NUMBER } from './patterns.ts';
import type { Rule } from './rules.ts';

/** Around these "g" is a gram; everywhere else, behind a number that can be an hour, it is the hour of the south. */
const WEIGHED_BEFORE = 'nặng|cân|trọng lượng|khối lượng|liều|liều lượng|hàm lượng|ma túy|heroin|chứa|thêm|gói|hộp|lọ|pha';
const WEIGHED_BEHIND =
  'muối|đường|bột|thuốc|vàng|bạc|gạo|thịt|cá|tôm|rau|sữa|men|phân|cám|vôi|hạt|mì|đạm|ma túy|heroin|chất|dung dịch|hóa chất|cloramin|phèn|mỗi';

/** 5h30, 5g, 05:00, 17:30:15, 7h-9h, 72h. */
export const times: Rule = (text, style) => {
  const say = (digits: string): string => integerWords(String(Number(digits)), style);
  const clock = (found: string, hour: string, minute: string | undefined, second?: string): string => {
    if (Number(hour) > 24 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return found;
    const minutes = minute !== undefined && Number(minute) > 0 ? ` ${say(minute)} phút` : '';
    const seconds = second !== undefined && Number(second) > 0 ? ` ${say(second)} giây` : '';
    return ` ${say(hour)} giờ${minutes}${seconds} `;
  };
  return (
    text
      .replace(new RegExp(`(?<=\\d\\s?[hHgG]?)\\s*[-–]\\s*(?=\\d{1,2}(?:[hHg]|:\\d\\d|\\s?giờ)(?![${LETTER}]))`, 'gu'), ' đến ')
      .replace(
        new RegExp(`${NOT_IN_NUMBER}(\\d{1,2})(?:\\s?[hHg]|\\s[hH]\\s)(\\d{2})(?:['’]|\\s?phút|p|ph)?${ENDS}`, 'gu'),
        (found, hour: string, minute: string) => clock(found, hour, minute),
      )
      .replace(
        new RegExp(
          `(?<!(?:${WEIGHED_BEFORE})\\s{1,3})${NOT_IN_NUMBER}(\\d{1,2})g${ENDS}(?!\\s?/)(?!\\s+(?:${WEIGHED_BEHIND})(?![${LETTER}]))`,
          'gu',
        ),
        (found, hour: string) => clock(found, hour, undefined),
      )
      // More than a day's hours is how long something takes.
      .replace(new RegExp(`${NOT_IN_NUMBER}(\\d{1,3})[hH]${ENDS}`, 'gu'), (_found, hours: string) => ` ${say(hours)} giờ `)
      .replace(
        new RegExp(`${NOT_IN_NUMBER}(\\d{1,2}):(\\d{2})(?::(\\d{2}))?(?:\\s?(?:giờ|h))?${ENDS}`, 'gu'),
        (found, hour: string, minute: string, second: string | undefined) => clock(found, hour, minute, second),
      )
      .replace(
        new RegExp(`${NOT_IN_NUMBER}(\\d{1,3})['’′](?![${LETTER}\\d'’′])`, 'gu'),
        (_found, minutes: string) => ` ${say(minutes)} phút `,
      )
  );
};
