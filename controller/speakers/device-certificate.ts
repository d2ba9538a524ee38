import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { SpeakerId } from '../protocol/ids.ts';
import { isInService, type SpeakerRecord } from './speaker-record.ts';

export type DeviceCheck =
  | { ok: true; record: SpeakerRecord }
  | {
      ok: false;
      why: 'no_certificate' | 'untrusted' | 'expired' | 'unknown' | 'revoked';
      /** Whose it is, where that is certain. */
      speakerId: SpeakerId | null;
      certificateSha256: string | null;
    };

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
  if (!certificate) return { ok: false, why: 'no_certificate', speakerId: null, certificateSha256: null };
  const certificateSha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  if (!socket.authorized) return { ok: false, why: 'untrusted', speakerId: null, certificateSha256 };
  const record = withCertificate(certificateSha256);
  if (!record) return { ok: false, why: 'unknown', speakerId: null, certificateSha256 };
  const refused = { ok: false, speakerId: record.roster.speakerId, certificateSha256 } as const;
  if (record.roster.revokedAtMs !== null) return { ...refused, why: 'revoked' };
  if (!isInService(record.roster)) return { ...refused, why: 'unknown' };
  if ((record.roster.certificateNotAfterMs ?? 0) <= nowMs) return { ...refused, why: 'expired' };
  return { ok: true, record };
}
