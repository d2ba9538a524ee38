import { describe, expect, test } from 'vitest';
import { beatTelemetry, type SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { claimMatches, hashClaim, newClaim } from '../../../controller/speakers/claims.ts';
import { FailureLimiter } from '../../../controller/speakers/failure-limiter.ts';
import { readMessage } from '../../../controller/speakers/message-reader.ts';
import { TokenBucket } from '../../../controller/speakers/token-bucket.ts';
import { QUIET_TELEMETRY } from '../../support/test-speaker.ts';

test('a token bucket gives its burst at once and its rate afterwards', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2, nowMs: 0 });
  expect([0, 0, 0, 0].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, true, false]);
  expect(bucket.take(499)).toBe(false);
  expect(bucket.take(500)).toBe(true);
  expect(bucket.take(501)).toBe(false);
  expect(bucket.isFull(1000)).toBe(false);
  expect(bucket.isFull(2001)).toBe(true);
});

describe('failures by address', () => {
  test('a few are forgiven, then the address waits, alone', () => {
    const limiter = new FailureLimiter({ burst: 3, perSecond: 0.1 });
    for (let count = 0; count < 3; count++) limiter.failed('10.0.0.1', 0);
    expect(limiter.isBlocked('10.0.0.1', 0)).toBe(false);
    limiter.failed('10.0.0.1', 0);
    expect(limiter.isBlocked('10.0.0.1', 9999)).toBe(true);
    expect(limiter.isBlocked('10.0.0.2', 0)).toBe(false);
    expect(limiter.isBlocked('10.0.0.1', 10_000)).toBe(false);
  });

  test('many addresses cost no more than a list of them', () => {
    const limiter = new FailureLimiter({ burst: 1, perSecond: 0.1 });
    limiter.failed('first', 0);
    limiter.failed('first', 0);
    for (let count = 0; count < 10_000; count++) limiter.failed(`10.${count}`, 0);
    // The oldest was let go to make room.
    expect(limiter.isBlocked('first', 1)).toBe(false);
  });
});

describe('claims', () => {
  test('are 16 letters and digits that differ', () => {
    const claims = new Set(Array.from({ length: 200 }, newClaim));
    expect(claims.size).toBe(200);
    for (const claim of claims) expect(claim).toMatch(/^[A-Z2-7]{16}$/);
  });

  test('match their own hash only', () => {
    const claim = newClaim();
    expect(claimMatches(claim, hashClaim(claim))).toBe(true);
    expect(claimMatches(newClaim(), hashClaim(claim))).toBe(false);
    expect(claimMatches(claim, null)).toBe(false);
    expect(claimMatches(claim, '')).toBe(false);
  });
});

describe('reading a frame', () => {
  const read = (value: unknown) => readMessage(typeof value === 'string' ? value : JSON.stringify(value));

  test.each<[string, unknown, string, number]>([
    ['no JSON', '{"v":1', 'malformed', 0],
    ['an array', [1], 'malformed', 0],
    ['null', 'null', 'malformed', 0],
    ['another version', { v: 2, seq: 4, type: 'probe', t1Ms: 0 }, 'version', 4],
    ['no type', { v: 1, seq: 4 }, 'malformed', 4],
    ['an unknown type', { v: 1, seq: 4, type: 'welcome' }, 'unknown_type', 4],
    ['a broken sequence number', { v: 1, seq: 1.5, type: 'probe', t1Ms: 0 }, 'malformed', 0],
    ['a number that JSON can’t say', '{"v":1,"seq":1,"type":"probe","t1Ms":1e999}', 'malformed', 1],
    ['a field of another kind', { v: 1, seq: 9, type: 'probe', t1Ms: '5' }, 'malformed', 9],
    ['a NUL in a text', { v: 1, seq: 9, type: 'fault', code: 'line_open', state: 'raised', detail: 'a\u0000b' }, 'malformed', 9],
    ['half a character', { v: 1, seq: 9, type: 'refused', toSeq: 1, code: 'x', detail: 'a\ud800b' }, 'malformed', 9],
    ['a line end in a name', { v: 1, seq: 9, type: 'playing', channelId: 'a\nb', broadcastId: null, soundAtMs: 0 }, 'malformed', 9],
    ['too large in bytes, though not in characters', { v: 1, seq: 1, type: 'probe', t1Ms: 0, padding: 'ấ'.repeat(6000) }, 'too_large', 0],
    ['too large', `"${'x'.repeat(17_000)}"`, 'too_large', 0],
  ])('%s', (_what, value, code, seq) => {
    expect(read(value)).toMatchObject({ ok: false, code, seq });
  });

  describe('a beat', () => {
    const beat = (telemetry: unknown, more: object = {}) => read({ v: 1, seq: 7, type: 'beat', t1Ms: 5, telemetry, ...more });
    const fields = Object.keys(beatTelemetry.shape);
    const ODD: unknown[] = [-1e300, 1.7e308, 'fifty', null, [], {}, true, '5g', -127, undefined];

    test.each(fields)('with anything in %s is a beat without it, which is named', (field) => {
      for (const value of ODD) {
        const reading = beat({ ...QUIET_TELEMETRY, [field]: value });
        expect(reading.ok).toBe(true);
        if (!reading.ok || reading.message.type !== 'beat') continue;
        const { oddFields, ...figures } = reading.message.telemetry as SpeakerTelemetry;
        expect(beatTelemetry.safeParse(figures).success).toBe(true);
        const others = ({ [field]: _, ...rest }: Record<string, unknown>) => rest;
        expect(others(figures)).toEqual(others(QUIET_TELEMETRY as unknown as Record<string, unknown>));
        if (oddFields) expect(oddFields).toEqual([field]);
        else expect(figures[field as keyof typeof figures]).toEqual(value);
      }
    });

    test('of a thermometer that fell off and a modem of tomorrow counts, with both named', () => {
      const reading = beat({ ...QUIET_TELEMETRY, amplifierTemperatureC: -127, networkKind: '5g', oddFields: ['mains'] });
      expect(reading).toMatchObject({
        ok: true,
        message: { telemetry: { networkKind: 'unknown', oddFields: ['amplifierTemperatureC', 'networkKind'] } },
      });
      expect(JSON.stringify(reading)).not.toContain('-127');
    });

    test.each<[string, unknown, object]>([
      ['no figures', undefined, {}],
      ['a list for figures', [1], {}],
      ['no clock', QUIET_TELEMETRY, { t1Ms: 'soon' }],
    ])('with %s is none', (_what, telemetry, more) => {
      expect(beat(telemetry, more)).toMatchObject({ ok: false, code: 'malformed', seq: 7 });
    });
  });

  test('text of any language, with whole surrogate pairs, is text', () => {
    expect(read({ v: 1, seq: 1, type: 'fault', code: 'line_open', state: 'raised', detail: 'Loa Ấp 3: dây đứt 📢' })).toMatchObject({
      ok: true,
    });
  });

  test('unknown fields are dropped, also dangerous ones', () => {
    const reading = read('{"v":1,"seq":1,"type":"probe","t1Ms":5,"extra":1,"__proto__":{"polluted":true}}');
    expect(reading).toEqual({ ok: true, message: { v: 1, seq: 1, type: 'probe', t1Ms: 5 } });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('the detail names the field and repeats nothing of what was sent', () => {
    const reading = read({ v: 1, seq: 1, type: 'media.request', reason: 'secret-secret' });
    expect(reading).toMatchObject({ ok: false, detail: expect.stringContaining('reason') });
    expect(JSON.stringify(reading)).not.toContain('secret-secret');
  });
});
