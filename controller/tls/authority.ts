import { createHash, X509Certificate as NodeCertificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { SetAside } from '../processes/index.ts';
import { inTurn } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { makeAuthority, makeDeviceCertificate, makeServerCertificate, plausibleMs } from './certificates.ts';
import { readDeviceRequest } from './device-request.ts';
import { type CertifiedKey, parseCertifiedKey, toPem } from './key-pair.ts';
import { makeKeyFolder, readFileIfThere, writeFileAtomically } from './private-file.ts';
import { coversNames, type ServerNames, serverNames } from './server-names.ts';
import { SubjectAlternativeNameExtension } from './x509.ts';

const CHECK_PERIOD_MS = 3_600_000;
const RENEW_BEFORE_MS = 60 * 86_400_000;

/** What a TLS server needs. */
export interface ServerCredentials {
  key: string;
  /** The server's certificate followed by the authority's: a speaker that knows only the authority's hash finds it here. */
  cert: string;
}

export interface DeviceCertificate {
  certificatePem: string;
  /** SHA-256 of the certificate's DER, hex: how the control channel recognises the device. */
  sha256: string;
  notAfterMs: number;
}

export interface CertificateAuthority {
  /** Makes or reads the authority and a valid server certificate, and keeps the latter valid until close(). */
  start(): Promise<void>;
  close(): void;
  caPem(): string;
  /** SHA-256 of the authority's DER, hex: what a claim code pins. */
  caSha256(): string;
  serverCredentials(): ServerCredentials;
  /** Called with each new server certificate; returns the function that ends it. */
  onServerCredentials(listener: (credentials: ServerCredentials) => void): () => void;
  /** @throws AppError `tls.request_*` when the request is no proof of a P-256 key. */
  issueDeviceCertificate(csrPem: string, speakerId: string): Promise<DeviceCertificate>;
  /** Looks again at the machine's names and the certificate's age (also done every hour, and to be done when the clock was set). */
  renewServerCertificate(): Promise<void>;
}

export interface CertificateAuthorityOptions {
  dataDir: string;
  clock: Clock;
  /** What certificates are dated by; `clock`'s unless given. Devices compare with clocks of their own, not with ours. */
  nowMs?: () => number;
  logger: Logger;
  communeName: string;
  /** Names or addresses under which the server is reached from outside. */
  publicAddresses?: readonly string[];
  /** Whether there are speakers that know the authority; asked only where its key is missing. */
  hasEnrolled?: () => Promise<boolean>;
  /** A person has said that a key that is lost may be replaced. */
  mayReplace?: boolean;
  setAside?: SetAside['setAside'];
  /** The machine's own names; tests give others. */
  machine?: () => { hostName: string; interfaces: ReturnType<typeof networkInterfaces> };
}

/** The commune's certificate authority: its key never leaves `<dataDir>/tls`, and it signs only this controller and the commune's speakers. */
export function createCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const { clock, logger } = options;
  const nowMs = options.nowMs ?? (() => clock.nowMs());
  const folder = join(options.dataDir, 'tls');
  const authorityFile = join(folder, 'authority.pem');
  const serverFile = join(folder, 'server.pem');
  const caFile = join(folder, 'ca.crt');
  const machine = options.machine ?? (() => ({ hostName: hostname(), interfaces: networkInterfaces() }));
  const listeners = new Set<(credentials: ServerCredentials) => void>();
  let authority: CertifiedKey | undefined;
  let server: CertifiedKey | undefined;
  let timer: Timer | undefined;

  const ready = (): CertifiedKey => {
    if (!authority) throw new Error('the certificate authority has not been started');
    return authority;
  };
  const credentials = (): ServerCredentials => {
    if (!server) throw new Error('the certificate authority has not been started');
    return { key: server.privateKeyPem, cert: server.certificatePem + ready().certificatePem };
  };

  async function readAuthority(): Promise<CertifiedKey | undefined> {
    try {
      const text = await readFileIfThere(authorityFile);
      if (text !== undefined) return await parseCertifiedKey(text);
    } catch (cause) {
      if (!options.mayReplace) throw unreadable(authorityFile, cause);
      await options.setAside?.(authorityFile, { vi: 'không đọc được khoá', en: 'the key can’t be read' });
      return undefined;
    }
    if (!options.mayReplace && (await wasMadeBefore())) throw missing(authorityFile);
    return undefined;
  }

  /** Its certificate without its key, or a speaker that was enrolled by it. */
  async function wasMadeBefore(): Promise<boolean> {
    for (const file of [caFile, serverFile]) if ((await stat(file).catch(() => undefined)) !== undefined) return true;
    return (await options.hasEnrolled?.()) ?? false;
  }

  async function loadAuthority(): Promise<CertifiedKey> {
    const found = await readAuthority();
    if (found) return found;
    const made = await makeAuthority(options.communeName, nowMs());
    await writeFileAtomically(authorityFile, made.privateKeyPem + made.certificatePem, 0o600);
    logger.info({ file: authorityFile }, 'made the commune’s certificate authority');
    return made;
  }

  /** What people import into their browsers. A disk without a free byte keeps nothing from starting that has started before. */
  async function keepCertificateForPeople({ certificatePem }: CertifiedKey): Promise<void> {
    try {
      if ((await readFileIfThere(caFile)) !== certificatePem) await writeFileAtomically(caFile, certificatePem, 0o644);
    } catch (error) {
      logger.warn({ file: caFile, error: errorText(error) }, 'the certificate that browsers import could not be stored');
    }
  }

  async function loadServerCertificate(): Promise<CertifiedKey | undefined> {
    try {
      const text = await readFileIfThere(serverFile);
      return text === undefined ? undefined : await parseCertifiedKey(text);
    } catch (error) {
      logger.warn({ file: serverFile, error: errorText(error) }, 'the server certificate can’t be read; making another');
      return undefined;
    }
  }

  /** One after the other: who asks while a new certificate is being stored would else be answered before the listeners have it. */
  const renewServerCertificate = inTurn(async (): Promise<void> => {
    const names = serverNames({ ...machine(), publicAddresses: options.publicAddresses ?? [] });
    if (server && isGood(server, ready(), names, plausibleMs(nowMs(), ready()))) return;
    const made = await makeServerCertificate(ready(), names, nowMs());
    server = made;
    try {
      await writeFileAtomically(serverFile, made.privateKeyPem + made.certificatePem, 0o600);
    } catch (error) {
      // A full disk silences nobody: the next start makes another.
      logger.warn({ file: serverFile, error: errorText(error) }, 'the server certificate is in use but could not be stored');
    }
    logger.info({ names: [...names.dns, ...names.ip], until: made.certificate.notAfter.toISOString() }, 'made a server certificate');
    for (const listener of listeners) listener(credentials());
  });

  return {
    async start() {
      await makeKeyFolder(folder).catch((cause: unknown) => {
        throw unreadable(folder, cause);
      });
      authority = await loadAuthority();
      await keepCertificateForPeople(authority);
      server = await loadServerCertificate();
      await renewServerCertificate();
      timer ??= clock.every('server certificate check', CHECK_PERIOD_MS, () => {
        renewServerCertificate().catch((error: unknown) =>
          logger.error({ error: errorText(error) }, 'the server certificate was not renewed'),
        );
      });
    },
    close() {
      timer?.cancel();
      timer = undefined;
      listeners.clear();
    },
    caPem: () => ready().certificatePem,
    caSha256: () => sha256(ready().certificate.rawData),
    serverCredentials: credentials,
    onServerCredentials(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async issueDeviceCertificate(csrPem, speakerId) {
      const publicKey = await readDeviceRequest(csrPem);
      const certificate = await makeDeviceCertificate(ready(), { publicKey, speakerId, nowMs: nowMs() });
      return { certificatePem: toPem(certificate), sha256: sha256(certificate.rawData), notAfterMs: certificate.notAfter.getTime() };
    },
    renewServerCertificate,
  };
}

function isGood(server: CertifiedKey, authority: CertifiedKey, names: ServerNames, nowMs: number): boolean {
  const { certificate } = server;
  if (certificate.notBefore.getTime() > nowMs || certificate.notAfter.getTime() - RENEW_BEFORE_MS < nowMs) return false;
  if (!new NodeCertificate(server.certificatePem).verify(new NodeCertificate(authority.certificatePem).publicKey)) return false;
  const present = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const ofType = (type: string): string[] => present.filter((name) => name.type === type).map((name) => name.value as string);
  return coversNames({ dns: ofType('dns'), ip: ofType('ip') }, names);
}

function sha256(der: ArrayBuffer): string {
  return createHash('sha256').update(Buffer.from(der)).digest('hex');
}

const REMEDY: Words = {
  vi: 'Hãy khôi phục từ bản sao lưu. Nếu không có bản sao lưu, khởi động một lần với --new-authority (LOA_XA_NEW_AUTHORITY=1): hệ thống sẽ tạo khoá mới và MỌI bộ thu phải đăng ký lại.',
  en: 'Restore it from a backup. If there is none, start once with --new-authority (LOA_XA_NEW_AUTHORITY=1): a new key is made, and EVERY speaker must be enrolled again.',
};

function unreadable(path: string, cause: unknown): AppError {
  return new AppError({
    code: 'tls.authority_unreadable',
    status: 500,
    words: {
      vi: `Không đọc được khoá của cơ quan chứng thực của xã (${path}). ${REMEDY.vi}`,
      en: `The key of the commune's certificate authority (${path}) can't be read. ${REMEDY.en}`,
    },
    details: { path },
    cause,
  });
}

function missing(path: string): AppError {
  return new AppError({
    code: 'tls.authority_missing',
    status: 500,
    words: {
      vi: `Thiếu khoá của cơ quan chứng thực của xã (${path}), trong khi các bộ thu đã đăng ký với nó. ${REMEDY.vi}`,
      en: `The key of the commune's certificate authority (${path}) is missing, and speakers were enrolled with it. ${REMEDY.en}`,
    },
    details: { path },
  });
}
