import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversNames, serverNames } from '../../../controller/tls/server-names.ts';

const address = (text: string, family: 'IPv4' | 'IPv6') =>
  ({ address: text, family, netmask: '', mac: '', internal: false, cidr: null, ...(family === 'IPv6' ? { scopeid: 0 } : {}) }) as never;

describe('the names of the server', () => {
  it('are the machine’s own, without what no browser can use', () => {
    const names = serverNames({
      hostName: 'Hop-Loa.LAN',
      interfaces: { eth0: [address('192.168.1.5', 'IPv4'), address('2001:db8::5', 'IPv6'), address('fe80::1', 'IPv6')] },
      publicAddresses: ['[2001:db8::9]', 'bad_name', ''],
    });
    expect(names.dns).toEqual(['hop-loa.lan', 'loa-xa-controller', 'localhost']);
    expect(names.ip).toEqual(['127.0.0.1', '192.168.1.5', '2001:db8::5', '2001:db8::9', '::1']);
  });

  it('always cover themselves, in any spelling of IPv6', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())), (publicAddresses) => {
        const names = serverNames({ hostName: 'x', interfaces: {}, publicAddresses });
        expect(coversNames(names, names)).toBe(true);
      }),
      { seed: 1 },
    );
    expect(coversNames({ dns: [], ip: ['2001:db8:0:0::5'] }, { dns: [], ip: ['2001:DB8::5'] })).toBe(true);
  });

  it('miss a new one, not one that is gone', () => {
    const [less, more] = [
      { dns: ['a'], ip: ['::1'] },
      { dns: ['a', 'b'], ip: ['::1'] },
    ];
    expect(coversNames(less, more)).toBe(false);
    expect(coversNames(more, less)).toBe(true);
  });
});
