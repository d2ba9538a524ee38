import { LETTER } from './patterns.ts';
import type { Rule } from './rules.ts';
import { UNIT_WORDS } from './units.ts';

/** What something is counted by. Not every word: "5 anh/chị" is no rate. */
const PER = [
  ...[
    'ngày đêm',
    'ngày',
    'đêm',
    'tuần',
    'tháng',
    'quý',
    'năm',
    'giờ',
    'phút',
    'giây',
    'lần',
    'lượt',
    'đợt',
    'ca',
    'buổi',
    'tiết',
    'vụ',
    'mùa',
  ],
  ...['người', 'hộ', 'em', 'cháu', 'học sinh', 'đại biểu', 'khẩu', 'con', 'cây', 'lớp', 'trường', 'ấp', 'xã', 'thôn', 'khu phố', 'cụm'],
  ...['gói', 'bao', 'thùng', 'chai', 'viên', 'liều', 'mũi', 'ly', 'suất', 'phần', 'cái', 'bộ', 'vé', 'xe', 'chuyến', 'phòng', 'bàn', 'căn'],
  ...[
    'công',
    'sào',
    'tấn',
    'tạ',
    'yến',
    'lít',
    'mét',
    'kg',
    'ha',
    'km',
    'km2',
    'km²',
    'm2',
    'm²',
    'm3',
    'm³',
    'm',
    'l',
    'ml',
    'cm',
    'đơn vị',
  ],
];
const AMOUNT = `\\d[\\d.,]{0,15}\\s?(?:[%₫]|\\p{L}{1,12}[23²³]?(?:\\s\\p{L}{1,12}){0,2})`;
const RATE = new RegExp(`(?<=${AMOUNT})\\s?/\\s?(${PER.toSorted((a, b) => b.length - a.length).join('|')})(?![${LETTER}\\d])`, 'gu');
/** Speeds have a word of their own. */
const SPEED = /(?<=(?:km|m|cm)\s?)\/\s?(giờ|phút|giây)(?!\p{L})/gu;

/** "45 phút/ngày", "50.000đ/kg", "2 tạ/sào": for each. Before the numbers are words. */
export const rates: Rule = (text) =>
  text.replace(SPEED, ' trên $1').replace(RATE, (_found, per: string) => ` mỗi ${UNIT_WORDS[per] ?? per}`);
