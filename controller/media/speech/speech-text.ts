import { AppError } from '../../errors.ts';

/** About half an hour of speech. */
export const MAX_SPEECH_CHARACTERS = 20_000;

/** A text in words is a few times as long as it was written; a dictionary that makes a page of every letter is a mistake. */
const MAX_SPOKEN_CHARACTERS = 10 * MAX_SPEECH_CHARACTERS;

/** What word processors and web pages leave in a text without anybody seeing it. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\uFFF9-\uFFFC]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]|[\uD800-\uDFFF]/u;

/**
 * The text with line ends unified and invisible marks removed.
 * @throws AppError speech.empty, speech.too_long, speech.control_characters
 */
export function checkSpeechText(text: string): string {
  requireSpeechLength(text);
  const clean = text
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/\r\n?|[\v\f\u2028\u2029\u0085]/g, '\n')
    .replace(/[\t\u00A0]/g, ' ');
  if (CONTROL.test(clean)) {
    throw new AppError({
      code: 'speech.control_characters',
      status: 422,
      words: {
        vi: 'Nội dung có ký tự điều khiển không đọc được. Hãy dán lại văn bản dạng chữ thường (không định dạng).',
        en: 'The text holds control characters that cannot be read. Paste it again as plain text.',
      },
    });
  }
  if (!/[\p{L}\p{N}]/u.test(clean)) throw nothingToSay();
  return clean;
}

/** @throws AppError speech.too_long */
export function requireSpeechLength(text: string): void {
  if (text.length > MAX_SPEECH_CHARACTERS) throw tooLong(text.length);
}

/** @throws AppError speech.too_long_in_words */
export function requireSpokenLength(characters: number): void {
  if (characters <= MAX_SPOKEN_CHARACTERS) return;
  throw new AppError({
    code: 'speech.too_long_in_words',
    status: 413,
    words: {
      vi: `Đọc thành lời, nội dung dài ${characters} ký tự, vượt quá ${MAX_SPOKEN_CHARACTERS}. Hãy chia thành nhiều bản tin, hoặc xem lại các mục trong từ điển đọc.`,
      en: `In words the text has ${characters} characters, more than ${MAX_SPOKEN_CHARACTERS}. Divide it into several bulletins, or look through the reading dictionary.`,
    },
    details: { characters, maxCharacters: MAX_SPOKEN_CHARACTERS },
  });
}

export function nothingToSay(): AppError {
  return new AppError({
    code: 'speech.empty',
    status: 422,
    words: {
      vi: 'Chưa có nội dung để đọc. Hãy viết nội dung bản tin.',
      en: 'There is nothing to read out. Write the text of the bulletin.',
    },
  });
}

function tooLong(characters: number): AppError {
  return new AppError({
    code: 'speech.too_long',
    status: 413,
    words: {
      vi: `Nội dung dài ${characters} ký tự, vượt quá ${MAX_SPEECH_CHARACTERS}. Hãy chia thành nhiều bản tin.`,
      en: `The text has ${characters} characters, more than ${MAX_SPEECH_CHARACTERS}. Divide it into several bulletins.`,
    },
    details: { characters, maxCharacters: MAX_SPEECH_CHARACTERS },
  });
}
