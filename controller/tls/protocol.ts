import type { SecureContextOptions } from 'node:tls';

/**
 * What our ports speak: TLS 1.3, and TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 section 4.2). Suites of
 * TLS 1.3 are all of that kind; those of TLS 1.2 are named one by one, so that no default lets CBC or RSA key exchange in.
 */
export const TLS_PROTOCOL = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} satisfies SecureContextOptions;
