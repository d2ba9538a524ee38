import { describe, expect, it } from 'vitest';
import { attentionWords } from '../../../web-console/i18n/attention-words.ts';
import { en } from '../../../web-console/i18n/en.ts';
import { vi } from '../../../web-console/i18n/vi.ts';

type Leaf = { path: string; text: string };

/** Every sentence, functions called with numbers and words. */
function leaves(node: unknown, path = ''): Leaf[] {
  if (typeof node === 'string') return [{ path, text: node }];
  if (typeof node === 'function')
    return [{ path, text: String((node as (...values: unknown[]) => string)(...Array(node.length).fill(7))) }];
  return Object.entries(node as object).flatMap(([key, child]) => leaves(child, `${path}.${key}`));
}

describe('the words of the interface', () => {
  const vietnamese = leaves({ ...vi, attention: attentionWords.vi });
  const english = leaves({ ...en, attention: attentionWords.en });

  it('are all there in both languages', () => {
    expect(english.map((leaf) => leaf.path)).toEqual(vietnamese.map((leaf) => leaf.path));
    expect(vietnamese.length).toBeGreaterThan(250);
    for (const leaf of [...vietnamese, ...english]) expect(leaf.text.trim(), leaf.path).not.toBe('');
  });

  it('use their parameters', () => {
    for (const leaf of [...vietnamese, ...english]) expect(leaf.text, leaf.path).not.toMatch(/undefined|\[object|NaN/);
  });

  it('are composed Unicode, as stored and searched', () => {
    for (const leaf of vietnamese) expect(leaf.text, leaf.path).toBe(leaf.text.normalize('NFC'));
  });

  it('name a day in mid-sentence as Vietnamese is written', () => {
    expect(vi.schedule.skipAsk('Tin sáng', '05:00', vi.days.tomorrow)).toBe(
      'Bỏ qua “Tin sáng” lúc 05:00 ngày mai? Các lần sau vẫn phát theo lịch.',
    );
    for (const day of [vi.days.today, vi.days.yesterday, ...vi.days.names.slice(0, 6)])
      expect(day.charAt(0)).toBe(day.charAt(0).toLowerCase());
  });

  it('count in English', () => {
    expect(en.places.clusters(1)).toBe('1 cluster');
    expect(en.places.clusters(2)).toBe('2 clusters');
  });

  it('no English is left in the Vietnamese', () => {
    for (const leaf of vietnamese) expect(leaf.text, leaf.path).not.toMatch(/\b(the|speaker|broadcast|cluster|emergency|please)\b/i);
  });
});
