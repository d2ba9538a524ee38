import type { IncomingMessage } from 'node:http';
import { sessionToken } from '../accounts/index.ts';
import { addressBlock } from '../address-block.ts';
import type { SessionReader } from './access.ts';

/** By whose measure a call is counted: a signed-in person's own, wherever they sit; a stranger's place. */
export function callerOf(request: IncomingMessage, accounts: Pick<SessionReader, 'holderOf'>): string {
  const holder = accounts.holderOf(sessionToken(request.headers));
  return holder === undefined ? `place ${addressBlock(request.socket.remoteAddress)}` : `person ${holder}`;
}
