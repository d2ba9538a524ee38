import { expect, it } from 'vitest';
import { type Account, broken, type Promises } from '../../chaos/ledger.ts';

const PROMISES: Promises = {
  broadcasts: new Map([
    ['planned', { stopped: false, startsLater: true, isEmergency: false }],
    ['stopped', { stopped: true, startsLater: false, isEmergency: true }],
  ]),
  words: new Map([['UBND', 'ủy ban']]),
  audited: [
    { action: 'broadcast.requested', target: '/api/broadcasts' },
    { action: 'broadcast.requested', target: '/api/broadcasts' },
  ],
};
const KEPT: Account = {
  broadcasts: new Map([
    ['planned', { status: 'planned', hasSounded: false, hasCopy: false }],
    ['stopped', { status: 'stopped', hasSounded: true, hasCopy: true }],
  ]),
  words: PROMISES.words,
  audited: PROMISES.audited,
  trailIsIntact: true,
};

const withBroadcast = (
  id: string,
  found: { status: 'planned' | 'on_air' | 'stopped'; hasSounded: boolean; hasCopy: boolean },
): Account => ({
  ...KEPT,
  broadcasts: new Map([...KEPT.broadcasts, [id, found]]),
});

it('finds nothing where every promise was kept', () => {
  expect(broken(PROMISES, KEPT)).toEqual([]);
});

it.each<[string, Account, RegExp]>([
  ['a broadcast is gone', { ...KEPT, broadcasts: new Map([...KEPT.broadcasts].slice(1)) }, /planned was accepted and is not known/],
  [
    'what was planned was stopped',
    withBroadcast('planned', { status: 'stopped', hasSounded: false, hasCopy: false }),
    /was planned and is/,
  ],
  ['what was stopped sounds', withBroadcast('stopped', { status: 'on_air', hasSounded: true, hasCopy: true }), /was stopped and is on_air/],
  ['an emergency left no copy', withBroadcast('stopped', { status: 'stopped', hasSounded: true, hasCopy: false }), /has left no copy/],
  ['a word is another', { ...KEPT, words: new Map([['UBND', 'khác']]) }, /is "khác"/],
  ['one of two entries is missing', { ...KEPT, audited: PROMISES.audited.slice(1) }, /does not show broadcast\.requested/],
  ['the trail is broken', { ...KEPT, trailIsIntact: false }, /not intact/],
])('tells that %s', (_, account, words) => {
  expect(broken(PROMISES, account)).toEqual([expect.stringMatching(words)]);
});
