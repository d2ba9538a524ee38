import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

export type Family = 'ipv4' | 'ipv6';

export interface ListenAddresses {
  /** '0.0.0.0' for every interface. */
  ipv4?: string;
  /** '::' for every interface. */
  ipv6?: string;
}

export interface GrantedAddress {
  family: Family;
  ip: string;
  port: number;
}

const WILDCARDS: Record<Family, string> = { ipv4: '0.0.0.0', ipv6: '::' };
const LOOPBACKS: Record<Family, string> = { ipv4: '127.0.0.1', ipv6: '::1' };

export interface SocketPlan {
  /** The address that the speaker's socket is bound to. */
  listenIp: string;
  /** Families that can reach it, in the speaker's order. */
  families: Family[];
}

/**
 * One socket serves one speaker. Bound to `::` it takes both families (mapped addresses, RFC 3493 section 3.7); bound to a
 * particular address it takes that one's family, the speaker's best.
 * undefined: we and the speaker have no family in common.
 */
export function planSocket(listen: ListenAddresses, families: readonly Family[]): SocketPlan | undefined {
  if (listen.ipv4 === WILDCARDS.ipv4 && listen.ipv6 === WILDCARDS.ipv6) {
    return families.length > 0 ? { listenIp: WILDCARDS.ipv6, families: [...families] } : undefined;
  }
  for (const family of families) {
    const listenIp = listen[family];
    if (listenIp !== undefined) return { listenIp, families: [family] };
  }
  return undefined;
}

export interface AddressQuestion {
  families: readonly Family[];
  listen: ListenAddresses;
  /** Our addresses as the world sees them, when they are known. */
  announced: ListenAddresses;
  /** Our address at which this peer reached us on another connection. */
  reachedAt?: string | undefined;
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;
}

/**
 * Our addresses as the other side should try them. Of each family the announced one, and the one that is bound, seen to work or found on an
 * interface: a server behind a router has speakers on both sides of it, and not every router lets its own side in at the public address.
 *
 * First comes an address at which the peer has reached us and that no router can have put in the place of another. A private one may just as
 * well be what the router forwards the world to; there the announced one goes before, for most speakers are outside.
 */
export function reachableAddresses(question: AddressQuestion): { family: Family; ip: string }[] {
  const reached = question.reachedAt === undefined ? undefined : plainAddress(question.reachedAt);
  const found: { family: Family; ip: string; rank: number }[] = [];
  for (const family of question.families) {
    const bound = question.listen[family];
    const provenIp = reached?.family === family ? reached.ip : undefined;
    const ownIp =
      (bound !== undefined && bound !== WILDCARDS[family] ? bound : undefined) ?? provenIp ?? interfaceAddress(question.interfaces, family);
    const announcedIp = question.announced[family];
    if (ownIp !== undefined) {
      const isProven = ownIp === provenIp;
      found.push({ family, ip: ownIp, rank: isProven && !isPrivate(ownIp) ? 0 : isProven ? 2 : 3 });
    }
    if (announcedIp !== undefined && announcedIp !== ownIp) found.push({ family, ip: announcedIp, rank: 1 });
  }
  if (found.length === 0) return question.families.map((family) => ({ family, ip: LOOPBACKS[family] }));
  return found.sort((a, b) => a.rank - b.rank).map(({ family, ip }) => ({ family, ip }));
}

export function isLoopback(address: string): boolean {
  return isIn(LOOPBACK, address);
}

/** Of networks that a router may translate into: RFC 1918, RFC 6598, RFC 4193. */
function isPrivate(address: string): boolean {
  return isIn(PRIVATE, address);
}

function isIn(networks: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  return plain !== undefined && networks.check(plain.ip, plain.family);
}

function networks(...subnets: [string, number, Family][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

const LOOPBACK = networks(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']);
const PRIVATE = networks(
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
);

/** Unwraps an IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`), which is what a dual-stack socket reports. */
function plainAddress(address: string): { family: Family; ip: string } | undefined {
  const ip = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(ip);
  return version === 0 ? undefined : { family: version === 6 ? 'ipv6' : 'ipv4', ip };
}

function interfaceAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, family: Family): string | undefined {
  const wanted = family === 'ipv6' ? 'IPv6' : 'IPv4';
  for (const addresses of Object.values(interfaces)) {
    for (const info of addresses ?? []) {
      // A link-local address means nothing without naming an interface of the other side.
      if (info.family === wanted && !info.internal && !info.address.toLowerCase().startsWith('fe80:')) return info.address;
    }
  }
  return undefined;
}
