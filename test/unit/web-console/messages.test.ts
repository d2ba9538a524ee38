import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from '../../../web-console/i18n/en.ts';
import { SCHEDULE_WORDS } from '../../../web-console/i18n/schedule-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';

type Leaf = { path: string; text: string };

/** Every sentence, functions called with numbers and words. */
function leaves(node: unknown, path = ''): Leaf[] {
  if (typeof node === 'string') return [{ path, text: node }];
  if (typeof node === 'function')
    return [{ path, text: String((node as (...values: unknown[]) => string)(...Array(node.length).fill(7))) }];
  return Object.entries(node as object).flatMap(([key, child]) => leaves(child, `${path}.${key}`));
}

const folder = path.resolve(import.meta.dirname, '../../../web-console/i18n');
const files = readdirSync(folder).filter((file) => file.endsWith('-words.ts'));
const pages = await Promise.all(
  files.map(async (file) => {
    const words = Object.values((await import(path.join(folder, file))) as object);
    expect(words, file).toHaveLength(1);
    return words[0] as Record<'vi' | 'en', object>;
  }),
);

describe('the words of the interface', () => {
  const vietnamese = leaves([vi, ...pages.map((words) => words.vi)]);
  const english = leaves([en, ...pages.map((words) => words.en)]);

  it('are all there in both languages', () => {
    expect(english.map((leaf) => leaf.path)).toEqual(vietnamese.map((leaf) => leaf.path));
    expect(vietnamese.length).toBeGreaterThan(250);
    for (const leaf of [...vietnamese, ...english]) expect(leaf.text.trim(), leaf.path).not.toBe('');
  });

  it('of a page have a section of their own: none takes the place of another’s', () => {
    const sections = [vi, ...pages.filter((words) => Object.values(words.vi).every((section) => typeof section === 'object'))].map(
      (words) => Object.keys('vi' in words ? words.vi : words),
    );
    expect(new Set(sections.flat()).size).toBe(sections.flat().length);
  });

  it('use their parameters', () => {
    for (const leaf of [...vietnamese, ...english]) expect(leaf.text, leaf.path).not.toMatch(/undefined|\[object|NaN/);
  });

  it('are composed Unicode, as stored and searched', () => {
    for (const leaf of vietnamese) expect(leaf.text, leaf.path).toBe(leaf.text.normalize('NFC'));
  });

  it('name a day in mid-sentence as Vietnamese is written', () => {
    expect(SCHEDULE_WORDS.vi.schedule.skipAsk('Tin sáng', '05:00', vi.days.tomorrow)).toBe(
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
