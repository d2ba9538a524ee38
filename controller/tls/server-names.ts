import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

export interface ServerNames {
  dns: string[];
  ip: string[];
}

interface MachineNames {
  hostName: string;
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  /** Names or addresses under which the server is reached from outside; an IPv6 address may stand in brackets. */
  publicAddresses: readonly string[];
}

/** RFC 1123 host name; certificates may carry nothing else. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Every name and address by which a browser or a speaker may call this server. Pure. */
export function serverNames(machine: MachineNames): ServerNames {
  const dns = new Set(['localhost', 'loa-xa-controller']);
  const ip = new Set(['127.0.0.1', '::1']);
  const add = (text: string): void => {
    const name = text
      .trim()
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    if (isIP(name)) ip.add(name);
    else if (HOST_NAME.test(name)) dns.add(name);
  };
  add(machine.hostName);
  for (const address of Object.values(machine.interfaces).flatMap((list) => list ?? [])) {
    // A link-local address works in no browser's address bar (it needs a scope), and containers make new ones all the time.
    if (!/^fe[89ab]/i.test(address.address)) add(address.address);
  }
  for (const address of machine.publicAddresses) add(address);
  return { dns: [...dns].sort(), ip: [...ip].sort() };
}

/** Whether a certificate for `present` answers to every one of `wanted`. A name that is gone is no reason for a new certificate. */
export function coversNames(present: ServerNames, wanted: ServerNames): boolean {
  const normalIp = new Set(present.ip.map(comparableIp));
  return wanted.dns.every((name) => present.dns.includes(name)) && wanted.ip.every((ip) => normalIp.has(comparableIp(ip)));
}

/** One spelling for each address: IPv6 has many. */
function comparableIp(ip: string): string {
  return isIP(ip) === 6 ? new URL(`http://[${ip}]`).hostname : ip;
}
