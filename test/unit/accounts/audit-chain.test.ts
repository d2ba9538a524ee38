import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, canonicalJson, chainHash, toChained } from '../../../controller/accounts/audit-chain.ts';

const entry = (detail: Record<string, unknown>) => ({ actorId: null, actorName: 'lan', action: 'a', target: 't', ip: null, detail });

describe('the audit chain', () => {
  it('has one text for one value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 7 },
    );
  });

  it('changes its hash with every part of an entry and with what came before', () => {
    const chained = toChained(entry({ status: 200 }), 1000.9);
    const hash = chainHash(CHAIN_START, chained);
    expect(chained.atMs).toBe(1000);
    for (const change of [{ atMs: 1001 }, { actorName: 'Lan' }, { action: 'b' }, { target: '' }, { ip: '::1' }, { detail: {} }]) {
      expect(chainHash(CHAIN_START, { ...chained, ...change })).not.toBe(hash);
    }
    expect(chainHash(hash, chained)).not.toBe(hash);
  });

  it('blots out what is named like a secret, at any depth', () => {
    const { detail } = toChained(entry({ newPassword: 'x1', deep: [{ sessionToken: 'x2', name: 'kept' }] }), 0);
    expect(detail).toEqual({ newPassword: '[secret]', deep: [{ sessionToken: '[secret]', name: 'kept' }] });
  });

  it('never fails, whatever it is given, and the stored form survives JSON', () => {
    fc.assert(
      fc.property(
        fc.object({ withBigInt: true, withDate: true, withNullPrototype: true }),
        fc.string({ unit: 'binary' }),
        (detail, text) => {
          const chained = toChained({ ...entry(detail), actorName: text, target: text }, 5);
          expect(JSON.parse(JSON.stringify(chained))).toEqual(chained);
          expect(JSON.stringify(chained)).not.toContain('\\u0000');
        },
      ),
      { seed: 8 },
    );
  });
});
