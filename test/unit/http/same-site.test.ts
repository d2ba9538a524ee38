import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameOrigin } from '../../../controller/http/same-site.ts';

describe('same origin', () => {
  it.each([
    ['https://loa.example', 'loa.example', true],
    ['https://loa.example', 'LOA.example:443', true],
    ['https://loa.example:8443', 'loa.example:8443', true],
    ['https://[2001:db8::1]:8443', '[2001:db8:0::1]:8443', true],
    ['https://loa.example:8443', 'loa.example:8444', false],
    ['http://loa.example', 'loa.example', false],
    ['https://loa.example.evil', 'loa.example', false],
    ['https://loa.example@evil', 'loa.example', false],
    ['null', 'loa.example', false],
    ['https://loa.example', '', false],
  ])('%s calls %s: %s', (origin, host, expected) => expect(isSameOrigin({ origin, host })).toBe(expected));

  it('is never claimed for two different hosts, and never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (origin, host) => {
        if (isSameOrigin({ origin, host })) expect(new URL(origin).host).toBe(new URL(`https://${host}`).host);
      }),
      { seed: 5 },
    );
    fc.assert(
      fc.property(fc.domain(), fc.domain(), (a, b) => {
        expect(isSameOrigin({ origin: `https://${a}`, host: b })).toBe(a.toLowerCase() === b.toLowerCase());
      }),
      { seed: 6 },
    );
    expect(isSameOrigin({ host: 'a' })).toBe(false);
    expect(isSameOrigin({ origin: 'http://localhost:5173', host: 'a' }, ['http://localhost:5173'])).toBe(true);
  });
});
