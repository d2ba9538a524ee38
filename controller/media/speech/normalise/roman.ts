const VALUES: Record<string, number> = { I: 1, V: 5, X: 10, L: 50, C: 100 };
/** Only numerals in their one right form, up to 89: more never stands in a bulletin, and "C" or "L" alone is a letter. */
const CANONICAL = /^(?:L?X{0,3}|XL)(?:IX|IV|V?I{0,3})$/;

/** @returns undefined when it is not a well-formed Roman numeral */
export function romanToInteger(numeral: string): number | undefined {
  if (numeral === '' || numeral === 'L' || !CANONICAL.test(numeral)) return undefined;
  let sum = 0;
  for (let i = 0; i < numeral.length; i++) {
    const value = VALUES[numeral[i] ?? ''] ?? 0;
    sum += value < (VALUES[numeral[i + 1] ?? ''] ?? 0) ? -value : value;
  }
  return sum;
}
