import { describe, expect, test } from 'vitest';
import { withDefaults } from '../../../controller/media/speech/default-dictionary.ts';
import { compileDictionary } from '../../../controller/media/speech/normalise/dictionary.ts';
import { normaliseText } from '../../../controller/media/speech/normalise/normalise.ts';
import { MAX_SPEECH_CHARACTERS } from '../../../controller/media/speech/speech-text.ts';
import { leastProcessorMs } from '../../support/processor-time.ts';

/** Four times the text may cost eight times as much (caches, garbage); a pattern that walks back costs sixteen times. */
const FOURFOLD_MAX = 9;
/** Below this the measure is noise. */
const NOISE_MS = 4;

const dictionary = compileDictionary(withDefaults([]));
const costOf = (unit: string, characters: number): number => {
  const text = unit.repeat(Math.ceil(characters / unit.length)).slice(0, characters);
  return leastProcessorMs(() => normaliseText(text, dictionary));
};

describe('the cost of reading out grows with the text and no faster', () => {
  test.each([
    ...['123,', '113 và ', 'gọi 113, ', 'hotline: 12345, ', 'gọi 113 hoặc 114 '],
    ...['1.', '1,', '.123', '1 000 ', '9', "1'", '24/7 ', 'thứ a 24/7 ', 'thứ 2, ', 'CN ', 'aaaaaaaaaaaa '],
    ...['7/', '24/24…', 'a@', '-.', 'a.', '-', '_', 'đồng / ', '5kg/', 'quý IV', 'UBND/', '.12349/2024/NĐ-CP', 'ngày 1/'],
    ...["'", '(', '…', ', ; ', '! ', '\n', 'a\n', '- \n', '\u00a0', '😀', '\u0301'],
  ])('%j over and over', (unit) => {
    const quarterMs = costOf(unit, MAX_SPEECH_CHARACTERS / 4);
    const wholeMs = costOf(unit, MAX_SPEECH_CHARACTERS);
    expect(wholeMs, `${quarterMs.toFixed(1)} ms for a quarter, ${wholeMs.toFixed(1)} ms for the whole`).toBeLessThan(
      FOURFOLD_MAX * Math.max(NOISE_MS, quarterMs),
    );
  });

  test('a large dictionary costs its size once, not at every word', () => {
    const text = 'Ủy ban nhân dân xã thông báo đến bà con '.repeat(100);
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ written: `Ủy ban thứ ${index}`, spoken: 'x', caseSensitive: index % 2 === 0 }));
    const [few, many] = [compileDictionary(entries(20)), compileDictionary(entries(2000))];
    const fewMs = leastProcessorMs(() => few(text));
    const manyMs = leastProcessorMs(() => many(text));
    expect(manyMs, `${fewMs.toFixed(1)} ms with 20 entries, ${manyMs.toFixed(1)} ms with 2000`).toBeLessThan(5 * Math.max(NOISE_MS, fewMs));
    expect(many('Ủy ban thứ 1998, ủy BAN thứ 1999')).toBe(' x ,  x ');
  });
});
