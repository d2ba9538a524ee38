import { withDefaults } from './default-dictionary.ts';
import { compileDictionary, type DictionaryEntry } from './normalise/dictionary.ts';
import { normaliseText, type SpokenText } from './normalise/normalise.ts';
import type { NumberStyle } from './normalise/number-words.ts';
import { checkSpeechText, nothingToSay, requireSpokenLength } from './speech-text.ts';

export interface ReadOutRequest {
  text: string;
  /** The commune's own entries; the defaults are added. */
  dictionary: readonly DictionaryEntry[];
  style: NumberStyle;
}

export type ReadOut = (request: ReadOutRequest) => SpokenText;

/** A person's text as it will be read. Pure. @throws AppError speech.empty, speech.too_long, speech.too_long_in_words, speech.control_characters */
export const readOut: ReadOut = ({ text, dictionary, style }) => {
  const spoken = normaliseText(checkSpeechText(text), compileDictionary(withDefaults(dictionary)), style);
  if (spoken.length === 0) throw nothingToSay();
  requireSpokenLength(spoken.flat().reduce((sum, sentence) => sum + sentence.length, 0));
  return spoken;
};
