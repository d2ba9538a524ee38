import { describe, expect, it } from 'vitest';
import { hasMoreParts } from '../../../controller/http/json-bodies.ts';

describe('bodies that are all structure', () => {
  it.each([
    ['objects', `{"x":[${'{},'.repeat(40_000)}{}]}`],
    ['brackets', '['.repeat(40_000) + ']'.repeat(40_000)],
    ['keys', `{${Array.from({ length: 40_000 }, (_, index) => `"${index}":0`).join(',')}}`],
    ['numbers', `[${'1,'.repeat(40_000)}1]`],
  ])('are seen: %s', (_, json) => {
    expect(hasMoreParts(json, 30_000)).toBe(true);
  });

  it('the largest that people send is none', () => {
    const clusterIds = Array.from({ length: 5000 }, (_, index) => `ap-${index}-c1`);
    const exceptions = Array.from({ length: 1000 }, () => '2026-01-01T05:00:00');
    expect(hasMoreParts(JSON.stringify({ clusterIds, exceptions, text: 'Kính thưa bà con, '.repeat(1000) }), 30_000)).toBe(false);
  });
});
