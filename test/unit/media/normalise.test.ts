import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_DICTIONARY } from '../../../controller/media/index.ts';
import { withDefaults } from '../../../controller/media/speech/default-dictionary.ts';
import { toSsml } from '../../../controller/media/speech/engines/espeak-engine.ts';
import { compileDictionary } from '../../../controller/media/speech/normalise/dictionary.ts';
import { normaliseText, spokenToString } from '../../../controller/media/speech/normalise/normalise.ts';
import { integerWords, numberWords } from '../../../controller/media/speech/normalise/number-words.ts';
import { romanToInteger } from '../../../controller/media/speech/normalise/roman.ts';
import { checkSpeechText, MAX_SPEECH_CHARACTERS } from '../../../controller/media/speech/speech-text.ts';

const dictionary = compileDictionary(withDefaults([]));
const read = (text: string): string => spokenToString(normaliseText(text, dictionary));

describe('numbers in words', () => {
  test.each([
    ['0', 'không'],
    ['10', 'mười'],
    ['15', 'mười lăm'],
    ['21', 'hai mươi mốt'],
    ['24', 'hai mươi tư'],
    ['25', 'hai mươi lăm'],
    ['105', 'một trăm lẻ năm'],
    ['110', 'một trăm mười'],
    ['1000', 'một nghìn'],
    ['1005', 'một nghìn không trăm lẻ năm'],
    ['1234567', 'một triệu hai trăm ba mươi tư nghìn năm trăm sáu mươi bảy'],
    ['1000000000', 'một tỷ'],
    ['2500000000000', 'hai nghìn tỷ năm trăm tỷ'],
    ['007', 'không không bảy'],
  ])('%s is %s', (digits, words) => {
    expect(integerWords(digits)).toBe(words);
  });

  test("the style is the commune's", () => {
    expect(integerWords('1105', { zeroTen: 'linh', thousand: 'ngàn' })).toBe('một ngàn một trăm linh năm');
  });

  test('every number up to 10^15 can be understood back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(2000),
          fc.nat(),
          fc.maxSafeNat().map((value) => value % 1e15),
        ),
        (value) => {
          expect(understand(integerWords(String(value)))).toBe(value);
        },
      ),
      { seed: 21, numRuns: 3000 },
    );
  });

  test('signs, groups and decimals', () => {
    expect(numberWords('-1.234,5')).toBe('âm một nghìn hai trăm ba mươi tư phẩy năm');
    expect(numberWords('3,05')).toBe('ba phẩy không năm');
    expect(() => numberWords('1e5')).toThrow(RangeError);
  });

  test('Roman numerals are read only in their right form', () => {
    expect(['IV', 'XIII', 'XIV', 'XL', 'XXXIX'].map(romanToInteger)).toEqual([4, 13, 14, 40, 39]);
    expect(['IIII', 'VX', 'IC', '', 'ABC', 'L'].map(romanToInteger)).toEqual(Array(6).fill(undefined));
  });
});

describe('reading out', () => {
  test.each([
    [
      'UBND xã họp lúc 5h30 ngày 10/10/2026.',
      'Ủy ban nhân dân xã họp lúc năm giờ ba mươi phút ngày mười tháng mười năm hai nghìn không trăm hai mươi sáu.',
    ],
    ['ngày 22-11-2026', 'ngày hai mươi hai tháng mười một năm hai nghìn không trăm hai mươi sáu.'],
    ['Hưởng ứng 10/10', 'Hưởng ứng ngày mười tháng mười.'],
    ['đạt 10/10 điểm', 'đạt mười trên mười điểm.'],
    ['hơn 2/3 dân số', 'hơn hai trên ba dân số.'],
    ['chiếm 1/4', 'chiếm một phần tư.'],
    ['tháng 10/2026 và tháng 4', 'tháng mười năm hai nghìn không trăm hai mươi sáu và tháng tư.'],
    ['Từ 8-10/10', 'Từ ngày tám đến mười tháng mười.'],
    ['QĐ 505', 'Quyết định năm trăm lẻ năm.'],
    ['Số 12/2025/NĐ-CP', 'Số mười hai năm hai nghìn không trăm hai mươi lăm, Nghị định Chính phủ.'],
    ['Quý IV, khóa XIII, lần thứ IV', 'Quý bốn, khóa mười ba, lần thứ tư.'],
    ['ông I và bà V', 'ông I và bà V.'],
    ['05:00 và 17:30', 'năm giờ và mười bảy giờ ba mươi phút.'],
    ['7h-9h', 'bảy giờ đến chín giờ.'],
    ['Gọi 0912 345 678', 'Gọi không chín một hai, ba bốn năm, sáu bảy tám.'],
    ['gọi 113 hoặc 114', 'gọi một một ba hoặc một một bốn.'],
    ['114 hộ', 'một trăm mười bốn hộ.'],
    ['1.500.000đ, 3,5%, -5°C', 'một triệu năm trăm nghìn đồng, ba phẩy năm phần trăm, âm năm độ xê.'],
    ['120 m², 3 km, 2 ha, 5kg', 'một trăm hai mươi mét vuông, ba ki lô mét, hai héc ta, năm ki lô gam.'],
    ['giai đoạn 2020-2025', 'giai đoạn hai nghìn không trăm hai mươi đến hai nghìn không trăm hai mươi lăm.'],
    ['TP.HCM', 'Thành phố Hồ Chí Minh.'],
    ['CCCD 075123456789', 'căn cước công dân không bảy năm, một hai ba, bốn năm sáu, bảy tám chín.'],
    ['Ban PTTT', 'Ban pê tê tê tê.'],
    ['- Một\n- Hai', 'Một.\nHai.'],
  ])('%s', (written, spoken) => {
    expect(read(written)).toBe(spoken);
  });

  test('decomposed Unicode reads the same', () => {
    const text = 'Ủy ban nhân dân xã Đại Phước, HĐND, 5 giờ sáng';
    expect(read(text.normalize('NFD'))).toBe(read(text.normalize('NFC')));
  });

  const piece = fc.oneof(
    fc.constantFrom(
      'UBND',
      'HĐND',
      'ngày',
      '10/10',
      '5h30',
      '8-10',
      '1.234',
      '3,5%',
      'TP.HCM',
      'Quý IV',
      '0912345678',
      '49/2024/NĐ-CP',
      '\n',
      '. ',
      '-',
      '/',
      ':',
    ),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.stringMatching(/^[0-9./:,-]{1,12}$/),
  );
  const anyText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));

  test('nothing that is written breaks it: no digit is left, no markup, no endless text, and reading twice changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const spoken = normaliseText(text, dictionary);
        const out = spokenToString(spoken);
        expect(out).not.toMatch(/[\p{N}<>&@#/]/u);
        expect(out.length).toBeLessThan(60 * text.length + 100);
        for (const sentence of spoken.flat()) expect(sentence).toMatch(/^\P{White_Space}.*[.!?]$/su);
        const again = spokenToString(normaliseText(out, (same) => same));
        expect(spokenToString(normaliseText(again, (same) => same))).toBe(again);
      }),
      { seed: 22, numRuns: 1500 },
    );
  });

  test('long hostile text takes no long time', () => {
    for (const unit of ['1.', '1/', '0 ', '1-', 'A/', '5h', ' \n', '(((', 'a@a.', 'ngày 1', '12.345.', 'gọi 113, ']) {
      const text = unit.repeat(Math.floor(MAX_SPEECH_CHARACTERS / unit.length));
      const started = performance.now();
      normaliseText(text, dictionary);
      // Far above what it takes (some 50 ms) and far below what an exponential pattern would.
      expect(performance.now() - started).toBeLessThan(5000);
    }
  });
});

describe('dictionary', () => {
  test('ships with what local government writes', () => {
    expect(DEFAULT_DICTIONARY.length).toBeGreaterThanOrEqual(60);
    expect(new Set(DEFAULT_DICTIONARY.map(({ written }) => written)).size).toBe(DEFAULT_DICTIONARY.length);
  });

  test('whole words, longest first, case as asked, and the commune before the defaults', () => {
    const own = compileDictionary(
      withDefaults([
        { written: 'UBND', spoken: 'Ủy ban', caseSensitive: true },
        { written: 'zalo oa', spoken: 'da lô ô a', caseSensitive: false },
        { written: 'zalo', spoken: 'da lô', caseSensitive: false },
      ]),
    );
    const say = (text: string): string => spokenToString(normaliseText(text, own));
    expect(say('UBND')).toBe('Ủy ban.');
    expect(say('ubnd')).toBe('ubnd.');
    expect(say('XUBNDX')).toBe('XUBNDX.');
    expect(say('Zalo OA và ZALO')).toBe('da lô ô a và da lô.');
  });

  test('whatever stands in it is taken literally', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), fc.boolean(), (written, caseSensitive) => {
        const replace = compileDictionary([{ written, spoken: 'ĐÃ ĐỌC', caseSensitive }]);
        fc.pre(written.normalize('NFC').trim() !== '');
        expect(replace(` ${written.normalize('NFC').trim()} `)).toContain('ĐÃ ĐỌC');
      }),
      { seed: 23, numRuns: 500 },
    );
  });
});

describe('text that is no text', () => {
  test('is refused in words', () => {
    for (const [text, code] of [
      ['', 'speech.empty'],
      [' \n\u200b…!? ', 'speech.empty'],
      ['x'.repeat(100_000), 'speech.too_long'],
      ['xin\u0000chào', 'speech.control_characters'],
      ['xin\u001b[31mchào', 'speech.control_characters'],
      ['xin \ud800 chào', 'speech.control_characters'],
    ] as const) {
      expect(() => checkSpeechText(text)).toThrow(expect.objectContaining({ code }));
    }
    expect(checkSpeechText('\ufeffxin\r\nchào\u00ad')).toBe('xin\nchào');
  });

  test('markup is read as words, never obeyed', () => {
    const attack = '</s></p><audio src="file:///etc/passwd"/><voice name="en">&lt;hi';
    expect(toSsml(normaliseText(attack, dictionary))).not.toMatch(/<(?!\/?(?:speak|p|s)>|break time="700ms"\/>)/);
    expect(toSsml([['<x>&']])).toBe('<speak><p><s>&lt;x&gt;&amp;</s></p></speak>');
  });
});

/** Vietnamese number words back to the number; written independently of the code under test. */
function understand(words: string): number {
  const UNITS = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'];
  const digit = (word: string): number => ({ mốt: 1, tư: 4, lăm: 5 })[word] ?? UNITS.indexOf(word);
  const below1000 = (list: string[]): number => {
    let value = 0;
    for (let i = 0; i < list.length; i++) {
      const word = list[i] ?? '';
      if (list[i + 1] === 'trăm') value += 100 * digit(word);
      else if (list[i + 1] === 'mươi') value += 10 * digit(word);
      else if (word === 'mười') value += 10;
      else if (!['trăm', 'mươi', 'lẻ'].includes(word)) value += digit(word);
    }
    return value;
  };
  const SCALES: [string, number][] = [
    ['nghìn tỷ', 1e12],
    ['tỷ', 1e9],
    ['triệu', 1e6],
    ['nghìn', 1e3],
  ];
  let rest = words;
  let total = 0;
  for (const [name, scale] of SCALES) {
    const match = new RegExp(`^(.*?) ${name}(?: (.*))?$`).exec(rest);
    if (!match || (name === 'tỷ' && match[1] === undefined)) continue;
    const head = match[1] ?? '';
    if (/nghìn|triệu|tỷ/.test(head)) continue;
    total += scale * below1000(head.split(' '));
    rest = match[2] ?? '';
  }
  return total + (rest === '' ? 0 : below1000(rest.split(' ')));
}
