import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { createPublicAddress } from '../../../controller/distribution/public-address.ts';

function addressOf(name: string | undefined, resolve: (name: string) => Promise<string[]> = async () => []) {
  const clock = new TestClock();
  return { clock, address: createPublicAddress({ name, clock, logger: pino({ level: 'silent' }), resolve }) };
}

describe('the public address', () => {
  it.each([
    [undefined, {}],
    ['203.0.113.9', { ipv4: '203.0.113.9' }],
    ['[2001:db8::9]', { ipv6: '2001:db8::9' }],
    ['127.0.0.1', {}],
    ['::1', {}],
  ])('%s needs no look-up', async (name, expected) => {
    const { clock, address } = addressOf(name);
    await address.start();
    expect(address.current()).toEqual(expected);
    address.close();
    expect(clock.pending()).toEqual([]);
  });

  it('is looked up in both families, without loopback', async () => {
    const { address } = addressOf('loa.example.vn', async () => ['127.0.0.1', '203.0.113.9', '::1', '2001:db8::9']);
    await address.start();
    expect(address.current()).toEqual({ ipv4: '203.0.113.9', ipv6: '2001:db8::9' });
  });

  it('follows a name that changes, keeps what was known while nobody answers, and holds up no start', async () => {
    const answers = [
      () => new Promise<string[]>(() => undefined),
      () => Promise.reject(new Error('EAI_AGAIN')),
      async () => ['203.0.113.9'],
      () => Promise.reject(new Error('EAI_AGAIN')),
      async () => ['203.0.113.10'],
    ];
    const { clock, address } = addressOf('loa.example.vn', () => (answers.shift() ?? (async () => []))());
    const starting = address.start();
    await clock.advance(3000);
    await starting;
    const seen: (string | undefined)[] = [];
    for (let look = 0; look < 4; look++) {
      await clock.advance(60_000);
      seen.push(address.current().ipv4);
    }
    expect(seen).toEqual([undefined, '203.0.113.9', '203.0.113.9', '203.0.113.10']);
    address.close();
  });
});
