import { networkInterfaces } from 'node:os';

/** '::' and '0.0.0.0' mean every address of the family; a named address is one family's. */
export function listenAddresses(address: string): { ipv4?: string; ipv6?: string } {
  if (address === '::') return { ipv4: '0.0.0.0', ipv6: '::' };
  return address.includes(':') ? { ipv6: address } : { ipv4: address };
}

/** For claim codes when nobody configured a public address: the first address that another machine could reach. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const usable = addresses.find((info) => !info.internal && info.family === 'IPv4');
  return usable?.address ?? 'localhost';
}
