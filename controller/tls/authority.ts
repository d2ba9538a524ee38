import { createHash, X509Certificate as NodeCertificate } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { makeAuthority, makeDeviceCertificate, makeServerCertificate } from './certificates.ts';
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
  /** Looks again at the machine's names and the certificate's age (also done every hour). */
  renewServerCertificate(): Promise<void>;
}

export interface CertificateAuthorityOptions {
  dataDir: string;
  clock: Clock;
  logger: Logger;
  communeName: string;
  /** Names or addresses under which the server is reached from outside. */
  publicAddresses?: readonly string[];
  /** The machine's own names; tests give others. */
  machine?: () => { hostName: string; interfaces: ReturnType<typeof networkInterfaces> };
}

/** The commune's certificate authority: its key never leaves `<dataDir>/tls`, and it signs only this controller and the commune's speakers. */
export function createCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const { clock, logger } = options;
  const folder = join(options.dataDir, 'tls');
  const authorityFile = join(folder, 'authority.pem');
  const serverFile = join(folder, 'server.pem');
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

  async function loadAuthority(): Promise<CertifiedKey> {
    const text = await readFileIfThere(authorityFile);
    if (text !== undefined) {
      return parseCertifiedKey(text).catch((cause: unknown) => {
        throw unreadable(authorityFile, cause);
      });
    }
    const made = await makeAuthority(options.communeName, clock.nowMs());
    await writeFileAtomically(authorityFile, made.privateKeyPem + made.certificatePem, 0o600);
    logger.info({ file: authorityFile }, 'made the commune’s certificate authority');
    return made;
  }

  async function loadServerCertificate(): Promise<CertifiedKey | undefined> {
    const text = await readFileIfThere(serverFile);
    if (text === undefined) return undefined;
    return parseCertifiedKey(text).catch((error: unknown) => {
      logger.warn({ file: serverFile, error: errorText(error) }, 'the server certificate can’t be read; making another');
      return undefined;
    });
  }

  async function renewServerCertificate(): Promise<void> {
    const names = serverNames({ ...machine(), publicAddresses: options.publicAddresses ?? [] });
    const nowMs = clock.nowMs();
    if (server && isGood(server, ready(), names, nowMs)) return;
    const made = await makeServerCertificate(ready(), names, nowMs);
    await writeFileAtomically(serverFile, made.privateKeyPem + made.certificatePem, 0o600);
    server = made;
    logger.info({ names: [...names.dns, ...names.ip], until: made.certificate.notAfter.toISOString() }, 'made a server certificate');
    for (const listener of listeners) listener(credentials());
  }

  return {
    async start() {
      await makeKeyFolder(folder);
      authority = await loadAuthority();
      await writeFileAtomically(join(folder, 'ca.crt'), authority.certificatePem, 0o644);
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
      const certificate = await makeDeviceCertificate(ready(), { publicKey, speakerId, nowMs: clock.nowMs() });
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

function unreadable(path: string, cause: unknown): AppError {
  return new AppError({
    code: 'tls.authority_unreadable',
    status: 500,
    words: {
      vi: `Không đọc được khoá của cơ quan chứng thực của xã (${path}). Hãy khôi phục tập tin này từ bản sao lưu. Nếu xoá nó, hệ thống sẽ tạo khoá mới và mọi bộ thu phải đăng ký lại.`,
      en: `The key of the commune's certificate authority (${path}) can't be read. Restore this file from a backup. If you delete it, a new one is made and every speaker must be enrolled again.`,
    },
    details: { path },
    cause,
  });
}
