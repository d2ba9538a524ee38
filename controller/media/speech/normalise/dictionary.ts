/** How the commune wants something read. */
export interface DictionaryEntry {
  /** As it stands in the text, for example UBND. */
  written: string;
  /** As it is spoken. */
  spoken: string;
  caseSensitive: boolean;
}

export type Dictionary = (text: string) => string;

/**
 * Makes a function that replaces every entry where it stands as a whole word, the longest entry first. What was replaced is
 * not looked at again, so entries can't feed each other.
 */
export function compileDictionary(entries: readonly DictionaryEntry[]): Dictionary {
  const usable = entries
    .map((entry) => ({ ...entry, written: entry.written.normalize('NFC').trim() }))
    .filter((entry) => entry.written !== '');
  if (usable.length === 0) return (text) => text;
  const byText = new Map<string, string>();
  for (const entry of usable) byText.set(keyOf(entry.written, entry.caseSensitive), ` ${entry.spoken.normalize('NFC').trim()} `);
  const alternatives = usable
    .toSorted((a, b) => b.written.length - a.written.length)
    .map(({ written, caseSensitive }) => (caseSensitive ? escapePattern(written) : `(?i:${escapePattern(written)})`));
  // A name may not begin or end inside a word or number; "Q.1" and "TP.HCM" bring their own dots.
  const pattern = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{M}\\p{N}])`, 'gu');
  return (text) => text.replace(pattern, (found) => byText.get(keyOf(found, true)) ?? byText.get(keyOf(found, false)) ?? found);
}

function keyOf(written: string, caseSensitive: boolean): string {
  return caseSensitive ? `=${written}` : `~${written.toLowerCase()}`;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+');
}
