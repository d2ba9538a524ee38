import entries from './default-dictionary.json' with { type: 'json' };
import type { DictionaryEntry } from './normalise/dictionary.ts';

/** Abbreviations of Vietnamese local government that ship with the controller; a commune's own entries come before them. */
export const DEFAULT_DICTIONARY: readonly DictionaryEntry[] = entries.map(([written = '', spoken = '']) => ({
  written,
  spoken,
  caseSensitive: true,
}));

/** The commune's entries over the defaults. */
export function withDefaults(own: readonly DictionaryEntry[]): DictionaryEntry[] {
  const overridden = new Set(own.map((entry) => entry.written.normalize('NFC')));
  return [...own, ...DEFAULT_DICTIONARY.filter((entry) => !overridden.has(entry.written))];
}
