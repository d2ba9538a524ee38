import { dates } from './calendar.ts';
import { times } from './clock-times.ts';
import type { Dictionary } from './dictionary.ts';
import { DEFAULT_NUMBER_STYLE, type NumberStyle } from './number-words.ts';
import { places } from './places.ts';
import { rates } from './rates.ts';
import { documentNumbers, groupedBySpaces, numbers, ordinals, phoneNumbers, type Rule, ranges, romanNumerals } from './rules.ts';
import { addresses, spelledAbbreviations, symbols } from './symbols.ts';

/** The order matters: what is most specific first, plain numbers last. */
const BEFORE_DICTIONARY: readonly Rule[] = [addresses, documentNumbers, romanNumerals, places];
const BEHIND_DICTIONARY: readonly Rule[] = [
  phoneNumbers,
  dates,
  times,
  rates,
  ordinals,
  ranges,
  groupedBySpaces,
  numbers,
  spelledAbbreviations,
  symbols,
];

/** Text as it will be read: paragraphs of sentences, every number, date, unit and abbreviation in words. */
export type SpokenText = readonly (readonly string[])[];

/**
 * Makes Vietnamese text speakable. Pure. The result holds no digits, and normalising it again changes nothing but spacing.
 * @param text checked by checkSpeechText
 */
export function normaliseText(text: string, dictionary: Dictionary, style: NumberStyle = DEFAULT_NUMBER_STYLE): SpokenText {
  return text
    .normalize('NFC')
    .split(/\n\s*\n|\n(?=\s*[-–•+]\s)|\n/)
    .map((paragraph) => sentencesOf(readParagraph(paragraph, dictionary, style)))
    .filter((sentences) => sentences.length > 0);
}

/** The same as one text for a person to check: a line for each paragraph. */
export function spokenToString(spoken: SpokenText): string {
  return spoken.map((sentences) => sentences.join(' ')).join('\n');
}

function readParagraph(paragraph: string, dictionary: Dictionary, style: NumberStyle): string {
  let text = paragraph.replace(/\s+/gu, ' ').trim();
  for (const rule of BEFORE_DICTIONARY) text = rule(text, style);
  text = dictionary(text);
  for (const rule of BEHIND_DICTIONARY) text = rule(text, style);
  return tidy(text);
}

function tidy(text: string): string {
  return (
    text
      .replace(/\p{N}/gu, ' ')
      // A hyphen or apostrophe has a meaning only inside a word.
      .replace(/(?<![\p{L}\p{M}])['-]+|['-]+(?![\p{L}\p{M}])/gu, ' ')
      .replace(/\s+/gu, ' ')
      .replace(/\s+([.,;:!?])/gu, '$1')
      .replace(/([,;:])(?:\s*[,;:])+/gu, '$1')
      .replace(/[,;:]\s*([.!?])/gu, '$1')
      .replace(/([.!?])(?:\s*[.,;:!?])+/gu, '$1')
      .replace(/^[\s.,;:!?'-]+/u, '')
      .trim()
  );
}

function sentencesOf(text: string): string[] {
  return (text.match(/[^.!?]+[.!?]?/gu) ?? [])
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}/u.test(sentence))
    .map((sentence) => (/[.!?]$/.test(sentence) ? sentence : `${sentence.replace(/[,;:]$/, '')}.`));
}
