/**
 * Search as people type it on a phone: without marks, case or đ. NFD does not take đ apart, so it is folded by itself
 * (and Intl.Collator at base strength misses a/ă and d/đ).
 */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** Whether every word of the query begins or stands somewhere in one of the texts. */
export function matches(query: string, ...texts: (string | null | undefined)[]): boolean {
  const haystack = fold(texts.filter(Boolean).join(' '));
  return fold(query)
    .split(' ')
    .every((word) => haystack.includes(word));
}

const collator = new Intl.Collator('vi', { numeric: true });

/** Ấp 2 before Ấp 10; ă after a; đ after d. */
export function byName(a: { name: string }, b: { name: string }): number {
  return collator.compare(a.name, b.name);
}
