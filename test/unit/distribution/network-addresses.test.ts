import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { planSocket, reachableAddresses } from '../../../controller/distribution/network-addresses.ts';

const EVERYWHERE = { ipv4: '0.0.0.0', ipv6: '::' };
const info = (family: 'IPv4' | 'IPv6', address: string, internal = false): NetworkInterfaceInfo =>
  ({ family, address, internal, netmask: '', mac: '', cidr: null, ...(family === 'IPv6' ? { scopeid: 0 } : {}) }) as NetworkInterfaceInfo;
const INTERFACES = {
  lo: [info('IPv4', '127.0.0.1', true), info('IPv6', '::1', true)],
  eth0: [info('IPv6', 'fe80::1'), info('IPv6', '2001:db8::5'), info('IPv4', '192.0.2.5')],
};

describe('the socket of a speaker', () => {
  it('takes both families when bound to every address', () => {
    expect(planSocket(EVERYWHERE, ['ipv6', 'ipv4'])).toEqual({ listenIp: '::', families: ['ipv6', 'ipv4'] });
  });
  it('takes the best family that both sides have when bound to particular addresses', () => {
    expect(planSocket({ ipv4: '127.0.0.1', ipv6: '::1' }, ['ipv6', 'ipv4'])).toEqual({ listenIp: '::1', families: ['ipv6'] });
    expect(planSocket({ ipv4: '127.0.0.1' }, ['ipv6', 'ipv4'])).toEqual({ listenIp: '127.0.0.1', families: ['ipv4'] });
  });
  it('is not made when there is no family in common', () => {
    expect(planSocket({ ipv4: '127.0.0.1' }, ['ipv6'])).toBeUndefined();
  });
});

describe('the address granted', () => {
  const ask = (question: Partial<Parameters<typeof reachableAddresses>[0]>) =>
    reachableAddresses({ families: ['ipv6', 'ipv4'], listen: EVERYWHERE, announced: {}, interfaces: INTERFACES, ...question });

  it('is what the interfaces have, without link-local ones', () => {
    expect(ask({})).toEqual([
      { family: 'ipv6', ip: '2001:db8::5' },
      { family: 'ipv4', ip: '192.0.2.5' },
    ]);
  });
  it('is first the one at which the speaker has reached us already', () => {
    expect(ask({ reachedAt: '::ffff:198.51.100.7' })).toEqual([
      { family: 'ipv4', ip: '198.51.100.7' },
      { family: 'ipv6', ip: '2001:db8::5' },
    ]);
  });
  it('is the announced one before all where a router may stand between, and our own one for speakers on this side of it', () => {
    expect(ask({ families: ['ipv4'], announced: { ipv4: '203.0.113.9' }, reachedAt: '192.168.1.10' })).toEqual([
      { family: 'ipv4', ip: '203.0.113.9' },
      { family: 'ipv4', ip: '192.168.1.10' },
    ]);
    expect(ask({ announced: { ipv4: '203.0.113.9', ipv6: '2001:db8::5' }, reachedAt: '::ffff:10.1.2.3' })).toEqual([
      { family: 'ipv4', ip: '203.0.113.9' },
      { family: 'ipv4', ip: '10.1.2.3' },
      { family: 'ipv6', ip: '2001:db8::5' },
    ]);
  });
  it('is the one at which the speaker has reached us when no router can have put it there', () => {
    expect(ask({ families: ['ipv4'], announced: { ipv4: '203.0.113.9' }, reachedAt: '127.0.0.1' })[0]).toEqual({
      family: 'ipv4',
      ip: '127.0.0.1',
    });
    expect(ask({ announced: { ipv4: '203.0.113.9' }, reachedAt: '2001:db8::5' })).toEqual([
      { family: 'ipv6', ip: '2001:db8::5' },
      { family: 'ipv4', ip: '203.0.113.9' },
      { family: 'ipv4', ip: '192.0.2.5' },
    ]);
  });
  it('is the bound one when bound to a particular address', () => {
    expect(ask({ families: ['ipv4'], listen: { ipv4: '127.0.0.1' } })).toEqual([{ family: 'ipv4', ip: '127.0.0.1' }]);
  });
  it('is loopback on a machine without any network', () => {
    expect(ask({ families: ['ipv4'], interfaces: {} })).toEqual([{ family: 'ipv4', ip: '127.0.0.1' }]);
  });
});
