import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamOrder } from '../../../controller/air/upstream-order.ts';

describe('the order of microphone packets', () => {
  it('is restored when packets are late by less than the hold, over the wrap of sequence numbers', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.array(fc.nat(25), { minLength: 5, maxLength: 200 }), (first, delays) => {
        // The first packet sets the beginning; nothing before it is wanted.
        const arrivals = delays.map((delayMs, i) => ({ i, atMs: i * 20 + (i === 0 ? 0 : delayMs) })).sort((a, b) => a.atMs - b.atMs);
        const order = new UpstreamOrder<number>({ holdMs: 40 });
        const out: number[] = [];
        for (const { i, atMs } of arrivals) {
          out.push(...order.take(atMs));
          out.push(...order.push(i, (first + i) & 0xffff, atMs));
        }
        out.push(...order.take(Number.POSITIVE_INFINITY));
        expect(out).toEqual(delays.map((_, i) => i));
        expect([order.lost, order.late]).toEqual([0, 0]);
      }),
    );
  });

  it('holds what is behind a gap only so long, then counts the loss; what comes after that is late', () => {
    const order = new UpstreamOrder<string>({ holdMs: 10 });
    expect(order.push('a', 65_535, 0)).toEqual(['a']);
    expect(order.push('c', 1, 40)).toEqual([]);
    expect(order.dueMs()).toBe(50);
    expect(order.take(49)).toEqual([]);
    expect(order.take(50)).toEqual(['c']);
    expect(order.push('b', 0, 55)).toEqual([]);
    expect(order.push('c', 1, 56)).toEqual([]);
    expect([order.lost, order.late, order.dueMs()]).toEqual([1, 2, undefined]);
  });
});
