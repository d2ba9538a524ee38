import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../errors.ts';
import { CALLER_HEADER, CALLER_HEADER_VALUE } from '../protocol/accounts.ts';

/** Whether the browser's page that calls was loaded from this very server. False when the caller doesn't say. Pure. */
export function isSameOrigin(headers: IncomingHttpHeaders, allowedOrigins: readonly string[] = []): boolean {
  const { origin, host } = headers;
  if (origin === undefined || host === undefined) return false;
  if (allowedOrigins.includes(origin)) return true;
  try {
    // Both through the parser: it knows default ports and the case of names.
    return new URL(origin).origin === new URL(`https://${host}`).origin;
  } catch {
    return false;
  }
}

/**
 * A call that changes something must carry our own header, and must not come from another site's page. With SameSite=Strict on the cookie
 * these are three independent walls. A caller that is no browser sends no Origin, and then the header alone is asked for.
 * @throws AppError `http.cross_site` (403)
 */
export function requireSameSite(headers: IncomingHttpHeaders, allowedOrigins: readonly string[]): void {
  const fromElsewhere = headers.origin !== undefined && !isSameOrigin(headers, allowedOrigins);
  const site = headers['sec-fetch-site'];
  const declaredElsewhere = site !== undefined && site !== 'same-origin' && headers.origin === undefined;
  if (headers[CALLER_HEADER] === CALLER_HEADER_VALUE && !fromElsewhere && !declaredElsewhere) return;
  throw new AppError({
    code: 'http.cross_site',
    status: 403,
    words: {
      vi: 'Yêu cầu này không đến từ trang của hệ thống nên bị từ chối. Hãy mở lại trang và thử lại.',
      en: `This call did not come from the system's own page (header "${CALLER_HEADER}: ${CALLER_HEADER_VALUE}" and a matching Origin are needed).`,
    },
  });
}
