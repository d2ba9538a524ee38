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

  test.each([
    // As announcers write, most of them in the south.
    ['Họp lúc 19g tại nhà văn hóa', 'Họp lúc mười chín giờ tại nhà văn hóa.'],
    ['từ 7g đến 11g', 'từ bảy giờ đến mười một giờ.'],
    ['7g30 - 9g', 'bảy giờ ba mươi phút đến chín giờ.'],
    ['13g30-16g', 'mười ba giờ ba mươi phút đến mười sáu giờ.'],
    ['500g thịt', 'năm trăm gam thịt.'],
    ['5g muối/lít nước', 'năm gam muối mỗi lít nước.'],
    ['2,5g', 'hai phẩy năm gam.'],
    ['Pha 10g thuốc', 'Pha mười gam thuốc.'],
    ['ma túy 20g', 'ma túy hai mươi gam.'],
    ['4G', 'bốn G.'],
    ['trực 24/7', 'trực hai mươi bốn trên bảy.'],
    ['ngày 24/7', 'ngày hai mươi tư tháng bảy.'],
    ['sáng 24/7 họp', 'sáng ngày hai mươi tư tháng bảy họp.'],
    ['24/24h', 'hai mươi bốn trên hai mươi bốn giờ.'],
    ['từ 15/9-15/10', 'từ ngày mười lăm tháng chín đến ngày mười lăm tháng mười.'],
    ['nghỉ lễ 30/4-1/5', 'nghỉ lễ ngày ba mươi tháng tư đến ngày một tháng năm.'],
    [
      'từ 01/9/2026 - 15/9/2026',
      'từ ngày một tháng chín năm hai nghìn không trăm hai mươi sáu đến ngày mười lăm tháng chín năm hai nghìn không trăm hai mươi sáu.',
    ],
    ['tháng 9-10/2026', 'tháng chín đến tháng mười năm hai nghìn không trăm hai mươi sáu.'],
    ['9/2025-5/2026', 'tháng chín năm hai nghìn không trăm hai mươi lăm đến tháng năm năm hai nghìn không trăm hai mươi sáu.'],
    ['45 phút/ngày', 'bốn mươi lăm phút mỗi ngày.'],
    ['2 lần/tuần', 'hai lần mỗi tuần.'],
    ['50.000đ/kg', 'năm mươi nghìn đồng mỗi ki lô gam.'],
    ['120.000đ/m2', 'một trăm hai mươi nghìn đồng mỗi mét vuông.'],
    ['100 mg/lít', 'một trăm mi li gam mỗi lít.'],
    ['gió 50 km/giờ', 'gió năm mươi ki lô mét trên giờ.'],
    ['80km/h', 'tám mươi ki lô mét trên giờ.'],
    ['1 000 000 đồng', 'một triệu đồng.'],
    ['1 500 000đ', 'một triệu năm trăm nghìn đồng.'],
    ['15 000 đồng', 'mười lăm nghìn đồng.'],
    ['cảnh sát 113', 'cảnh sát một một ba.'],
    ['cứu hỏa 114, cấp cứu 115', 'cứu hỏa một một bốn, cấp cứu một một năm.'],
    ['Hãy gọi 113, 114, 115', 'Hãy gọi một một ba, một một bốn, một một năm.'],
    ['(0251) 3512345', 'không hai năm một, ba năm một hai ba bốn năm.'],
    ['17 h 30', 'mười bảy giờ ba mươi phút.'],
    ["12 giờ 30'", 'mười hai giờ ba mươi phút.'],
    ['sau 72h', 'sau bảy mươi hai giờ.'],
    ['Q.1', 'quận một.'],
    ['P.5', 'phường năm.'],
    ['TP. Hồ Chí Minh', 'thành phố Hồ Chí Minh.'],
    ['QL51', 'quốc lộ năm mươi mốt.'],
    ['ĐT.769', 'đường tỉnh bảy sáu chín.'],
    ['số nhà 12/3 đường 30/4', 'số nhà mười hai trên ba đường ba mươi tháng tư.'],
    ['35 độ C', 'ba mươi lăm độ xê.'],
    ['25-27°C', 'hai mươi lăm đến hai mươi bảy độ xê.'],
    ['từ 3-5 ngày', 'từ ba đến năm ngày.'],
    ['Đại hội XIV', 'Đại hội mười bốn.'],
    ['thế kỷ XXI', 'thế kỷ hai mươi mốt.'],
    ['quý I/2026', 'quý một năm hai nghìn không trăm hai mươi sáu.'],
    ['II. Tổ chức', 'hai. Tổ chức.'],
    ['tỷ lệ 1/3', 'tỷ lệ một phần ba.'],
    ['thứ 7, CN', 'thứ bảy, chủ nhật.'],
    ['5 triệu đ', 'năm triệu đồng.'],
    ['giá 25k/ly', 'giá hai mươi lăm nghìn mỗi ly.'],
    ['Đ/c Nguyễn Văn A', 'Đồng chí Nguyễn Văn A.'],
    ['15/2024/QĐ-UBND', 'mười lăm năm hai nghìn không trăm hai mươi tư, Quyết định Ủy ban nhân dân.'],
    ['quý 3/2026', 'quý ba năm hai nghìn không trăm hai mươi sáu.'],
    ['Mừng ngày 20-11', 'Mừng ngày hai mươi tháng mười một.'],
    ['Tổ 5 120 người', 'Tổ năm một trăm hai mươi người.'],
    ['5 anh/chị', 'năm anh, chị.'],
    ['km 12+500', 'km mười hai cộng năm trăm.'],
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
    for (const unit of [
      '1.',
      '1/',
      '0 ',
      '1-',
      'A/',
      '5h',
      ' \n',
      '(((',
      'a@a.',
      'ngày 1',
      '12.345.',
      'gọi 113, ',
      '-',
      '_',
      'a.',
      'a-',
      'aB',
      '1 000 ',
      '5 kg/',
      '30/4-',
      "5'",
      'thứ 7, ',
    ]) {
      const text = unit.repeat(Math.floor(MAX_SPEECH_CHARACTERS / unit.length));
      const started = performance.now();
      normaliseText(text, dictionary);
      // The event loop waits for it. Far above what it takes (some 50 ms) and below what a pattern that walks back would.
      const tookMs = performance.now() - started;
      expect(tookMs, `${JSON.stringify(unit)} took ${tookMs} ms`).toBeLessThan(1000);
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
