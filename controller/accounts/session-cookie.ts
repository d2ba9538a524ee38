import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { BACKGROUND_HEADER, BACKGROUND_HEADER_VALUE } from '../protocol/accounts.ts';

/** `__Host-`: the browser accepts it only over HTTPS, for this host alone and from this host alone (RFC 6265bis). */
export const SESSION_COOKIE = '__Host-loaxa';
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

export function giveSessionCookie(reply: FastifyReply, token: string, lifeMs: number): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=${token}; Max-Age=${Math.floor(lifeMs / 1000)}; ${ATTRIBUTES}`);
}

export function takeSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
}

/** The session's token, as the browser sent it; undefined when there is none, or more than one. */
export function sessionToken(headers: IncomingHttpHeaders): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${SESSION_COOKIE}=`))
    .map((part) => part.slice(SESSION_COOKIE.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** Whether the caller says of itself that nobody's hand caused the call. */
export function isBackground(headers: IncomingHttpHeaders): boolean {
  return headers[BACKGROUND_HEADER] === BACKGROUND_HEADER_VALUE;
}
