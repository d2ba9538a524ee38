import { randomBytes } from 'node:crypto';
import { type CertifiedKey, certify, generateKeyPair, provider, SIGNING_ALGORITHM } from './key-pair.ts';
import type { ServerNames } from './server-names.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

const DAY_MS = 86_400_000;
/** Backdated: a box or a device whose clock runs behind must not refuse what was made a moment ago. */
const BACKDATE_MS = 2 * DAY_MS;
const AUTHORITY_LIFE_MS = 20 * 365 * DAY_MS;
/** No controller ran before: a machine without a clock of its own begins in 1970. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
/** As long as the pole's equipment: a speaker has no way to ask for another by itself. */
const DEVICE_LIFE_MS = 10 * 365 * DAY_MS;
/** Some browsers refuse server certificates of more than 825 days, also under a private authority. */
const SERVER_LIFE_MS = 200 * DAY_MS;
/** X.520 upper bound of an organisation's name. */
const LONGEST_ORGANISATION = 64;

/** The commune's own authority: self-signed, for signing end certificates only (no authorities below it). */
export async function makeAuthority(communeName: string, nowMs: number): Promise<CertifiedKey> {
  const keys = await generateKeyPair();
  const organisation = communeName.slice(0, LONGEST_ORGANISATION);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [`Loa Xã ${organisation}`.slice(0, LONGEST_ORGANISATION)] }, { O: [organisation] }],
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(Math.max(nowMs, EARLIEST_MS) + AUTHORITY_LIFE_MS),
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
      ],
    },
    provider,
  );
  return certify(keys, certificate);
}

/** The time that certificates are dated by: where the clock is not set yet, the latest at which it must be at least. */
export function plausibleMs(nowMs: number, authority: CertifiedKey): number {
  return Math.max(nowMs, EARLIEST_MS, authority.certificate.notBefore.getTime() + BACKDATE_MS);
}

export async function makeServerCertificate(authority: CertifiedKey, names: ServerNames, nowMs: number): Promise<CertifiedKey> {
  const keys = await generateKeyPair();
  const certificate = await sign(authority, {
    publicKey: keys.publicKey,
    subject: [{ CN: ['loa-xa-controller'] }, { O: organisationOf(authority.certificate) }],
    nowMs,
    lifeMs: SERVER_LIFE_MS,
    usage: ExtendedKeyUsage.serverAuth,
    more: [
      new SubjectAlternativeNameExtension([
        ...names.dns.map((value) => ({ type: 'dns' as const, value })),
        ...names.ip.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  return certify(keys, certificate);
}

export function makeDeviceCertificate(
  authority: CertifiedKey,
  device: { publicKey: PublicKey; speakerId: string; nowMs: number },
): Promise<X509Certificate> {
  return sign(authority, {
    publicKey: device.publicKey,
    subject: [{ CN: [device.speakerId] }, { O: organisationOf(authority.certificate) }],
    nowMs: device.nowMs,
    lifeMs: DEVICE_LIFE_MS,
    usage: ExtendedKeyUsage.clientAuth,
    more: [],
  });
}

interface EndCertificate {
  publicKey: CryptoKey | PublicKey;
  subject: { [part: string]: string[] }[];
  nowMs: number;
  lifeMs: number;
  usage: ExtendedKeyUsage;
  more: Extension[];
}

async function sign(authority: CertifiedKey, wanted: EndCertificate): Promise<X509Certificate> {
  const nowMs = plausibleMs(wanted.nowMs, authority);
  const endsMs = Math.min(nowMs + wanted.lifeMs, authority.certificate.notAfter.getTime());
  return X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: wanted.subject,
      issuer: authority.certificate.subjectName,
      notBefore: new Date(Math.max(wanted.nowMs - BACKDATE_MS, authority.certificate.notBefore.getTime())),
      notAfter: new Date(endsMs),
      publicKey: wanted.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([wanted.usage], false),
        await SubjectKeyIdentifierExtension.create(wanted.publicKey, false, provider),
        await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey, false, provider),
        ...wanted.more,
      ],
    },
    provider,
  );
}

function organisationOf(certificate: X509Certificate): string[] {
  return certificate.subjectName.getField('O');
}

/** 127 random bits, positive (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
