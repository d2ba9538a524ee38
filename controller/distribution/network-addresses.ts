import { isIP } from 'node:net';
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
  announced: ListenAddresses;
  /** Our address at which this peer reached us on another connection. */
  reachedAt?: string | undefined;
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;
}

/** Our address of each family as the other side should use it, best first: announced, bound, seen to work, found on an interface. */
export function reachableAddresses(question: AddressQuestion): { family: Family; ip: string }[] {
  const reached = question.reachedAt === undefined ? undefined : plainAddress(question.reachedAt);
  const found: { family: Family; ip: string; proven: boolean }[] = [];
  for (const family of question.families) {
    const bound = question.listen[family];
    const provenIp = reached?.family === family ? reached.ip : undefined;
    const ip =
      question.announced[family] ??
      (bound !== undefined && bound !== WILDCARDS[family] ? bound : undefined) ??
      provenIp ??
      interfaceAddress(question.interfaces, family);
    if (ip !== undefined) found.push({ family, ip, proven: ip === provenIp });
  }
  if (found.length === 0) return question.families.map((family) => ({ family, ip: LOOPBACKS[family] }));
  return found.sort((a, b) => Number(b.proven) - Number(a.proven)).map(({ family, ip }) => ({ family, ip }));
}

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
