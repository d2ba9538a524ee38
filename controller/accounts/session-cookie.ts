import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { BACKGROUND_HEADER, BACKGROUND_HEADER_VALUE } from '../protocol/accounts.ts';

/** `__Host-`: the browser accepts it only over HTTPS, for this host alone and from this host alone (RFC 6265bis). */
export const SESSION_COOKIE = '__Host-loaxa';
/** Says in which browser somebody has logged in before (known-devices.ts). */
export const DEVICE_COOKIE = '__Host-loaxa-device';
/** As long as browsers keep a cookie at most (RFC 6265bis section 5.5). */
const DEVICE_LIFE_S = 400 * 86_400;
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

export function giveSessionCookie(reply: FastifyReply, token: string, lifeMs: number): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=${token}; Max-Age=${Math.floor(lifeMs / 1000)}; ${ATTRIBUTES}`);
}

export function takeSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
}

export function giveDeviceCookie(reply: FastifyReply, token: string): void {
  reply.header('set-cookie', `${DEVICE_COOKIE}=${token}; Max-Age=${DEVICE_LIFE_S}; ${ATTRIBUTES}`);
}

/** The session's token, as the browser sent it; undefined when there is none, or more than one. */
export const sessionToken = (headers: IncomingHttpHeaders): string | undefined => cookieNamed(SESSION_COOKIE, headers);

export const deviceToken = (headers: IncomingHttpHeaders): string | undefined => cookieNamed(DEVICE_COOKIE, headers);

function cookieNamed(name: string, headers: IncomingHttpHeaders): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** Whether the caller says of itself that nobody's hand caused the call. */
export function isBackground(headers: IncomingHttpHeaders): boolean {
  return headers[BACKGROUND_HEADER] === BACKGROUND_HEADER_VALUE;
}
