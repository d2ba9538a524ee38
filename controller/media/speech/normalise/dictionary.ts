/** How the commune wants something read. */
export interface DictionaryEntry {
  /** As it stands in the text, for example UBND. */
  written: string;
  /** As it is spoken. */
  spoken: string;
  caseSensitive: boolean;
}

export type Dictionary = (text: string) => string;

/** What the text may not go on with on either side of an entry: a name neither begins nor ends inside a word or number. */
const IN_WORD = /[\p{L}\p{M}\p{N}]/u;

/**
 * Makes a function that replaces every entry where it stands as a whole word, the longest entry first. What was replaced is
 * not looked at again, so entries can't feed each other. Its cost grows with the text, not with the number of entries: at each
 * beginning of a word it looks up what stands there, by length.
 */
export function compileDictionary(entries: readonly DictionaryEntry[]): Dictionary {
  const exact = new Map<string, string>();
  const anyCase = new Map<string, string>();
  const lengths = new Map<string, Set<number>>();
  for (const { written: asWritten, spoken, caseSensitive } of entries) {
    const written = asWritten.normalize('NFC').trim().replace(/\s+/gu, ' ');
    if (written === '') continue;
    (caseSensitive ? exact : anyCase).set(caseSensitive ? written : written.toLowerCase(), ` ${spoken.normalize('NFC').trim()} `);
    const first = written.charAt(0).toLowerCase();
    lengths.set(first, (lengths.get(first) ?? new Set()).add(written.length));
  }
  const longestFirst = new Map([...lengths].map(([first, some]) => [first, [...some].sort((a, b) => b - a)]));

  const lookUp = (text: string, at: number): { spoken: string; end: number } | undefined => {
    for (const length of longestFirst.get(text.charAt(at).toLowerCase()) ?? []) {
      const end = at + length;
      if (end > text.length || isInWord(text, end)) continue;
      const found = text.slice(at, end);
      const spoken = exact.get(found) ?? anyCase.get(found.toLowerCase());
      if (spoken !== undefined) return { spoken, end };
    }
    return undefined;
  };

  if (longestFirst.size === 0) return (text) => text;
  return (given) => {
    const text = given.replace(/\s+/gu, ' ');
    let out = '';
    let copied = 0;
    let isInside = false;
    for (let at = 0; at < text.length; ) {
      const found = isInside ? undefined : lookUp(text, at);
      if (found) {
        out += text.slice(copied, at) + found.spoken;
        copied = found.end;
        isInside = IN_WORD.test(lastSign(text, found.end));
        at = found.end;
        continue;
      }
      isInside = isInWord(text, at);
      at += signLength(text, at);
    }
    return out + text.slice(copied);
  };
}

/** Whether the sign at this place belongs to a word or number. */
function isInWord(text: string, at: number): boolean {
  return at < text.length && IN_WORD.test(String.fromCodePoint(text.codePointAt(at) ?? 0x20));
}

function signLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The sign before this place. */
function lastSign(text: string, end: number): string {
  const isPair = end > 1 && /[\uDC00-\uDFFF]/.test(text.charAt(end - 1));
  return text.slice(end - (isPair ? 2 : 1), end);
}
