import { isIP } from 'node:net';

const GROUPS = 8;
/** Of an IPv6 address these groups name the network; whoever has one address in it has all of them (RFC 4291 section 2.5.4). */
const NETWORK_GROUPS = 4;

/**
 * What limits count as one place: an IPv4 address (also one written as IPv6), or the /64 network of an IPv6 address. Anything else, such
 * as the address of a socket that is closed already, is a place of its own. Pure.
 */
export function addressBlock(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const [plain = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - sizeOf(before) - sizeOf(after));
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  const network = all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
/** An IPv4 address at the end stands for two groups. */
const sizeOf = (groups: readonly string[]): number => groups.length + (groups.at(-1)?.includes('.') ? 1 : 0);
