import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { isInService, type SpeakerRecord } from './speaker-record.ts';

export type DeviceCheck =
  | { ok: true; record: SpeakerRecord }
  | { ok: false; why: 'no_certificate' | 'untrusted' | 'expired' | 'unknown' | 'revoked' };

/**
 * Who is at the other end of a TLS connection. The certificate must chain to the commune's authority, be within its dates, and be the
 * one that the registry has for a speaker in service. Checked here and not only in the handshake: a resumed TLS session
 * skips the handshake's checks (RFC 8446 section 2.2).
 */
export function checkDevice(
  socket: Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>,
  withCertificate: (sha256: string) => SpeakerRecord | undefined,
  nowMs: number,
): DeviceCheck {
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (!certificate) return { ok: false, why: 'no_certificate' };
  if (!socket.authorized) return { ok: false, why: 'untrusted' };
  const record = withCertificate(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  if (!record) return { ok: false, why: 'unknown' };
  if (record.roster.revokedAtMs !== null) return { ok: false, why: 'revoked' };
  if (!isInService(record.roster)) return { ok: false, why: 'unknown' };
  if ((record.roster.certificateNotAfterMs ?? 0) <= nowMs) return { ok: false, why: 'expired' };
  return { ok: true, record };
}
