import type { IncomingMessage } from 'node:http';
import { deviceToken, sessionToken } from '../accounts/index.ts';
import { addressBlock } from '../address-block.ts';
import type { SessionReader } from './access.ts';

/** By whose measure a call is counted: a signed-in person's own, wherever they sit; that of a device which is known; a stranger's place. */
export function callerOf(request: IncomingMessage, accounts: Pick<SessionReader, 'holderOf' | 'knownDevice'>): string {
  const holder = accounts.holderOf(sessionToken(request.headers));
  if (holder !== undefined) return `person ${holder}`;
  const device = accounts.knownDevice(deviceToken(request.headers));
  return device === undefined ? `place ${addressBlock(request.socket.remoteAddress)}` : `device ${device}`;
}
