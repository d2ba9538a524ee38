/** How numbers sound differs between north and south; the commune chooses. */
export interface NumberStyle {
  /** 105 is "một trăm lẻ năm" or "một trăm linh năm". */
  zeroTen: 'lẻ' | 'linh';
  thousand: 'nghìn' | 'ngàn';
}

export const DEFAULT_NUMBER_STYLE: NumberStyle = { zeroTen: 'lẻ', thousand: 'nghìn' };

const DIGITS = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'] as const;
/** Longer numbers are read digit by digit: nobody follows them otherwise. */
const MAX_DIGITS = 15;

/** Each digit by its name, anything else left out. */
export function digitWords(digits: string): string {
  return [...digits]
    .map((digit) => DIGITS[Number(digit)])
    .filter((word) => word !== undefined)
    .join(' ');
}

/**
 * A whole number in words.
 * @param digits decimal digits only; leading zeros make it a code, read digit by digit
 */
export function integerWords(digits: string, style: NumberStyle = DEFAULT_NUMBER_STYLE): string {
  if (!/^\d+$/.test(digits)) throw new RangeError(`not a whole number: ${digits}`);
  if (digits.length > MAX_DIGITS || (digits.length > 1 && digits.startsWith('0'))) return digitWords(digits);
  const groups: number[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(Number(digits.slice(Math.max(0, end - 3), end)));
  const words: string[] = [];
  groups.forEach((group, index) => {
    if (group === 0) return;
    words.push(groupWords(group, index > 0, style), scaleName(groups.length - 1 - index, style));
  });
  return words.filter((word) => word !== '').join(' ') || DIGITS[0];
}

/** A number as written in Vietnamese, thousands grouped by dots and decimals after a comma: "1.234,5". A sign may lead. */
export function numberWords(written: string, style: NumberStyle = DEFAULT_NUMBER_STYLE): string {
  const match = /^([-−+]?)([\d.]+)(?:,(\d+))?$/.exec(written);
  if (!match) throw new RangeError(`not a number: ${written}`);
  const [, sign = '', whole = '', decimals] = match;
  const words = sign === '' || sign === '+' ? [] : ['âm'];
  words.push(integerWords(whole.replaceAll('.', ''), style));
  if (decimals !== undefined)
    words.push('phẩy', decimals.length <= 2 && !decimals.startsWith('0') ? integerWords(decimals, style) : digitWords(decimals));
  return words.join(' ');
}

/** "thứ nhất", "thứ tư": two numbers have their own ordinal word. */
export function ordinalWords(digits: string, style: NumberStyle = DEFAULT_NUMBER_STYLE): string {
  return digits === '1' ? 'nhất' : digits === '4' ? 'tư' : integerWords(digits, style);
}

function scaleName(power: number, style: NumberStyle): string {
  return (['', style.thousand, 'triệu', 'tỷ', `${style.thousand} tỷ`] as const)[power] ?? '';
}

/** 1 to 999; behind a higher group the hundreds are always named. */
function groupWords(group: number, inner: boolean, style: NumberStyle): string {
  const hundreds = Math.floor(group / 100);
  const tens = Math.floor(group / 10) % 10;
  const ones = group % 10;
  const words: string[] = [];
  if (hundreds > 0 || inner) words.push(DIGITS[hundreds] ?? '', 'trăm');
  if (tens === 0) {
    if (ones > 0) words.push(...(words.length > 0 ? [style.zeroTen] : []), DIGITS[ones] ?? '');
    return words.join(' ');
  }
  words.push(...(tens === 1 ? ['mười'] : [DIGITS[tens] ?? '', 'mươi']));
  if (ones === 0) return words.join(' ');
  if (ones === 5) words.push('lăm');
  else if (ones === 1 && tens > 1) words.push('mốt');
  else if (ones === 4 && tens > 1) words.push('tư');
  else words.push(DIGITS[ones] ?? '');
  return words.join(' ');
}
