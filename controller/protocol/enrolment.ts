import { z } from 'zod';
import { deviceText } from './device-text.ts';
import { speakerId } from './ids.ts';

/**
 * Enrolment, over HTTPS on the speaker port: POST /speaker/v1/enrol, without a client certificate.
 * The device checks the server against the authority pinned by `caSha256` from its claim code before it sends anything.
 */
export const enrolRequest = z.object({
  speakerId,
  /** One-time secret of the claim code. */
  claim: z.string().regex(/^[A-Z2-7]{16}$/),
  /** PKCS#10 request (PEM), key ECDSA P-256, self-signed as proof of possession. Subject and extensions are set by the controller. */
  csrPem: z.string().max(4096),
  model: deviceText(64).min(1),
  firmware: deviceText(64).min(1),
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

export const enrolResponse = z.object({
  certificatePem: z.string(),
  caPem: z.string(),
  /** wss:// address of the control channel. */
  controlUrl: z.url(),
  notAfterMs: z.number(),
});
export type EnrolResponse = z.infer<typeof enrolResponse>;

/**
 * What the QR code on a speaker's label or the technician's phone carries:
 * `loaxa:1:<host>:<port>:<speakerId>:<claim>:<caSha256 of the authority's DER, hex>` (an IPv6 host stands in brackets).
 */
export interface ClaimCode {
  host: string;
  port: number;
  speakerId: string;
  claim: string;
  caSha256: string;
}

const CLAIM_CODE = /^loaxa:1:(\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5}):([A-Z0-9][A-Z0-9-]{2,31}):([A-Z2-7]{16}):([0-9a-f]{64})$/;

export function formatClaimCode(code: ClaimCode): string {
  return `loaxa:1:${code.host}:${code.port}:${code.speakerId}:${code.claim}:${code.caSha256}`;
}

/** Returns undefined when the text is no claim code. */
export function parseClaimCode(text: string): ClaimCode | undefined {
  const match = CLAIM_CODE.exec(text.trim());
  if (!match) return undefined;
  const [, host = '', port = '', id = '', claim = '', caSha256 = ''] = match;
  return { host, port: Number(port), speakerId: id, claim, caSha256 };
}
