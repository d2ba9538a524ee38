/** Pieces of the rules' patterns. */
export const LETTER = '\\p{L}\\p{M}';
export const NOT_IN_WORD = `(?<![${LETTER}\\d])`;
export const NOT_IN_NUMBER = '(?<![\\p{L}\\p{M}\\d.,/:])';
export const ENDS = `(?![${LETTER}\\d])`;
/** 1.234.567 or 1234567. */
export const WHOLE = '\\d{1,3}(?:\\.\\d{3})+(?!\\d)|\\d+';
