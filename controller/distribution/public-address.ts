import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { isLoopback, type ListenAddresses } from './network-addresses.ts';

export interface PublicAddress {
  /** Looks the name up; returns after a few seconds also when nobody answers. */
  start(): Promise<void>;
  close(): void;
  /** What is known now; a family without an address is left out. */
  current(): ListenAddresses;
}

export interface PublicAddressDeps {
  /** As configured: a name or an address (IPv6 also in brackets); undefined: nothing is announced. */
  name: string | undefined;
  clock: Clock;
  logger: Logger;
  /** Every address of a name; the machine's resolver unless a test says otherwise. */
  resolve?: (name: string) => Promise<string[]>;
}

/** A dynamic address behind a name changes now and then, and after a power cut the router may be up later than we are. */
const LOOK_AGAIN_MS = 60_000;
const FIRST_PATIENCE_MS = 3000;

/**
 * The addresses at which the world reaches this server. Loopback ones are not announced: they mean something only on this machine,
 * and who calls from here is granted the address at which it called.
 */
export function createPublicAddress(deps: PublicAddressDeps): PublicAddress {
  const { clock, logger } = deps;
  const name = deps.name?.trim().replace(/^\[|\]$/g, '');
  const resolve = deps.resolve ?? (async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address));
  let known: ListenAddresses = {};
  let timer: Timer | undefined;

  const look = async (): Promise<void> => {
    if (name === undefined) return;
    try {
      const found = (await resolve(name)).filter((address) => !isLoopback(address));
      const ipv4 = found.find((address) => isIP(address) === 4);
      const ipv6 = found.find((address) => isIP(address) === 6);
      const now = { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
      if (now.ipv4 !== known.ipv4 || now.ipv6 !== known.ipv6) logger.info({ name, ...now }, 'the public address for sound');
      known = now;
    } catch (error) {
      logger.warn({ name, error: errorText(error), known }, 'the public address cannot be looked up; what was known stays');
    }
  };

  return {
    async start() {
      if (name === undefined) return;
      if (isIP(name) !== 0) {
        if (!isLoopback(name)) known = isIP(name) === 4 ? { ipv4: name } : { ipv6: name };
        return;
      }
      timer = clock.every('public address', LOOK_AGAIN_MS, () => void look());
      const waiting = new AbortController();
      await Promise.race([look(), clock.sleep(FIRST_PATIENCE_MS, waiting.signal).catch(() => undefined)]);
      waiting.abort(new Error('found'));
    },
    close() {
      timer?.cancel();
      timer = undefined;
    },
    current: () => known,
  };
}
