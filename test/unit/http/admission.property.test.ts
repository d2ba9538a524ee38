import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBlock } from '../../../controller/address-block.ts';
import { Admission } from '../../../controller/http/admission.ts';

const LIMITS = { mostStrangers: 12, mostOfPlace: 5, mostOfHolder: 3 };

/** What can happen at a door, with few names so that they meet. */
const happening = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('arrived'), place: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('proved'), which: fc.nat(40), holder: fc.integer({ min: 0, max: 2 }) }) },
  fc.record({ what: fc.constant('spoke'), which: fc.nat(40) }),
  fc.record({ what: fc.constant('left'), which: fc.nat(40) }),
);

describe('who is let in', () => {
  it('holds its limits, refuses no newcomer, and never ends whoever has shown who they are for a stranger', () => {
    fc.assert(
      fc.property(fc.array(happening as fc.Arbitrary<Record<string, unknown>>, { maxLength: 120 }), (happenings) => {
        const admission = new Admission(LIMITS);
        const open = new Map<string, { place: string; holder?: string }>();
        let count = 0;
        const end = (connections: string[]) => connections.map((name) => [name, open.get(name), open.delete(name)] as const);
        for (const { what, place, which, holder } of happenings) {
          const name = [...open.keys()][Number(which)] ?? '';
          if (what === 'arrived') {
            const newcomer = `c${count++}`;
            open.set(newcomer, { place: `p${place}` });
            for (const [ended, guest] of end(admission.arrived(newcomer, `p${place}`))) {
              expect(ended).not.toBe(newcomer);
              expect(guest?.holder).toBeUndefined();
            }
          } else if (what === 'proved') {
            const guest = open.get(name);
            const ended = end(admission.proved(name, `h${holder}`));
            if (guest) guest.holder = `h${holder}`;
            for (const [other, { holder: whose } = {}] of ended) {
              expect(other).not.toBe(name);
              expect(whose).toBe(`h${holder}`);
            }
          } else if (what === 'spoke') admission.spoke(name);
          else {
            admission.left(name);
            open.delete(name);
          }
          const strangers = [...open.values()].filter((guest) => guest.holder === undefined);
          expect(admission.size).toBe(open.size);
          expect(admission.strangers).toBe(strangers.length);
          expect(strangers.length).toBeLessThanOrEqual(LIMITS.mostStrangers);
          for (const at of ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'])
            expect(strangers.filter((guest) => guest.place === at).length).toBeLessThanOrEqual(LIMITS.mostOfPlace);
          for (const whose of ['h0', 'h1', 'h2'])
            expect([...open.values()].filter((guest) => guest.holder === whose).length).toBeLessThanOrEqual(LIMITS.mostOfHolder);
        }
      }),
    );
  });

  it('the quietest gives way, of the place that has most; a place from which somebody known came gives way last', () => {
    const admission = new Admission({ mostStrangers: 6, mostOfPlace: 4, mostOfHolder: 3 });
    admission.arrived('known', 'office');
    admission.proved('known', 'lan');
    for (const name of ['o1', 'o2', 'o3']) admission.arrived(name, 'office');
    for (const name of ['a1', 'a2', 'a3']) admission.arrived(name, 'afar');
    admission.spoke('a1');
    expect(admission.arrived('new', 'elsewhere')).toEqual(['a2']);
    expect(admission.arrived('o4', 'office')).toEqual(['a3']);
    expect(admission.arrived('o5', 'office')).toEqual(['o1']);
  });
});

describe('one place', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    [undefined, 'unknown'],
    ['no address', 'no address'],
  ])('%s is in %s', (address, block) => expect(addressBlock(address)).toBe(block));

  it('two IPv6 addresses are one place exactly when their first 64 bits are the same', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.array(group, { minLength: 4, maxLength: 4 }), (one, end) => {
        const neighbour = [...one.slice(0, 4), ...end];
        expect(addressBlock(neighbour.join(':'))).toBe(addressBlock(one.join(':')));
        const stranger = [...one];
        stranger[3] = ((Number.parseInt(one[3] ?? '', 16) + 1) % 0x10000).toString(16);
        if (!one.join(':').startsWith('0:0:0:0:0:')) expect(addressBlock(stranger.join(':'))).not.toBe(addressBlock(one.join(':')));
      }),
    );
  });
});
