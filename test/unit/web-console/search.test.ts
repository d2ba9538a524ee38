import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byName, fold, matches } from '../../../web-console/formats/search.ts';

describe('search without marks', () => {
  it.each([
    ['dong', 'Thôn Đông'],
    ['Đông', 'thon dong'],
    ['tiem chung', 'Lịch tiêm chủng tháng 10'],
    ['10 lich', 'Lịch tiêm chủng tháng 10'],
    ['ap 3', 'Ấp 3'],
  ])('%j finds %j', (query, text) => {
    expect(matches(query, text)).toBe(true);
  });

  it('does not find what is not there', () => {
    expect(matches('bão', 'Lịch tiêm chủng')).toBe(false);
  });

  it('an empty query finds everything, and missing texts are no text', () => {
    expect(matches('', null, undefined)).toBe(true);
    expect(matches('null', null)).toBe(false);
  });

  it('composed and decomposed spelling are the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zăâđêôơưáàảãạ ]{0,20}$/), (text) => {
        expect(fold(text.normalize('NFC'))).toBe(fold(text.normalize('NFD')));
      }),
    );
  });
});

it('sorts as people count and spell', () => {
  const sorted = ['Ấp 10', 'Ấp 2', 'Đông', 'Dân', 'Ấp 1'].map((name) => ({ name })).sort(byName);
  expect(sorted.map((place) => place.name)).toEqual(['Ấp 1', 'Ấp 2', 'Ấp 10', 'Dân', 'Đông']);
});
