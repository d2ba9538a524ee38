import { type AnyRoute, route } from '../http/route.ts';
import type { CertificateAuthority } from './authority.ts';

/** The authority's certificate, for browsers and phones of the office: once it is trusted there, the console opens without a warning. */
export function tlsRoutes(authority: Pick<CertificateAuthority, 'caPem' | 'caSha256'>): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/ca.crt',
      roles: 'public',
      tag: 'system',
      summary:
        'The certificate (PEM) of the commune’s own certificate authority. Import it once in each browser or phone that opens the console, after comparing its SHA-256 (header x-sha256) with the one that the server’s terminal shows.',
      response: 'raw',
      handler: ({ reply }) =>
        reply
          .header('content-type', 'application/x-x509-ca-cert')
          .header('content-disposition', 'attachment; filename="loa-xa-ca.crt"')
          .header('cache-control', 'no-cache')
          .header('x-sha256', authority.caSha256())
          .send(authority.caPem()),
    }),
  ];
}
