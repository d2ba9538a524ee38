import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createServer, type TLSSocket, connect as tlsConnect } from 'node:tls';
import fc from 'fast-check';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Clock, SystemClock, TestClock } from '../../../controller/clock.ts';
import { createSetAside } from '../../../controller/processes/index.ts';
import { type CertificateAuthority, createCertificateAuthority, type DeviceCertificate } from '../../../controller/tls/index.ts';
import {
  X509Certificate as Certificate,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
} from '../../../controller/tls/x509.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';

const DAY_MS = 86_400_000;
const logger = pino({ level: 'silent' });

function authorityIn(dataDir: string, clock: Clock = new TestClock(), publicAddresses: string[] = []): CertificateAuthority {
  return createCertificateAuthority({
    dataDir,
    clock,
    logger,
    communeName: 'Xã Đại Phước',
    publicAddresses,
    machine: () => ({ hostName: 'hop-loa', interfaces: {} }),
  });
}

async function request(algorithm: EcKeyGenParams | RsaHashedKeyGenParams, signingHash = 'SHA-256'): Promise<string> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=somebody else,O=another commune',
    keys,
    signingAlgorithm: { name: algorithm.name, hash: signingHash },
  });
  return csr.toString('pem');
}
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

describe('the commune’s certificate authority', () => {
  let dataDir: string;
  let authority: CertificateAuthority;
  beforeAll(async () => {
    dataDir = makeScratchFolder('tls');
    authority = authorityIn(dataDir, new TestClock(), ['loa.daiphuoc.example', '[2001:db8::7]', '203.0.113.9', 'not a name!']);
    await authority.start();
  });

  it('keeps its keys from everybody else', () => {
    expect(statSync(join(dataDir, 'tls')).mode & 0o777).toBe(0o700);
    for (const file of ['authority.pem', 'server.pem']) expect(statSync(join(dataDir, 'tls', file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, 'tls', 'ca.crt'), 'utf8')).not.toContain('PRIVATE');
  });

  it.skipIf(noSmallDisk)('starts again on a disk without a free byte, also where its certificate must be made anew', async () => {
    const disk = mountSmallDisk(1);
    try {
      const before = authorityIn(disk.folder);
      await before.start();
      before.close();
      disk.fill();
      const again = authorityIn(disk.folder, new TestClock(), ['203.0.113.77']);
      await again.start();
      expect(again.caPem()).toBe(before.caPem());
      expect(new X509Certificate(again.serverCredentials().cert).subjectAltName).toContain('203.0.113.77');
      again.close();
    } finally {
      disk.close();
    }
  });

  it('names itself after the commune and may sign certificates, not authorities', () => {
    const ca = new X509Certificate(authority.caPem());
    expect(ca.subject).toContain('O=Xã Đại Phước');
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(authority.caSha256());
  });

  it('makes a server certificate for every name by which it is called', () => {
    const server = new X509Certificate(authority.serverCredentials().cert);
    for (const name of ['localhost', 'loa-xa-controller', 'hop-loa', 'loa.daiphuoc.example']) expect(server.checkHost(name)).toBe(name);
    for (const ip of ['127.0.0.1', '::1', '2001:db8::7', '203.0.113.9']) expect(server.checkIP(ip)).toBe(ip);
    expect(server.checkHost('example.org')).toBeUndefined();
    expect(server.verify(new X509Certificate(authority.caPem()).publicKey)).toBe(true);
  });

  it('is the same after a restart', async () => {
    const again = authorityIn(dataDir, new TestClock(), ['loa.daiphuoc.example', '2001:db8::7', '203.0.113.9']);
    await again.start();
    expect(again.caSha256()).toBe(authority.caSha256());
    expect(again.serverCredentials()).toEqual(authority.serverCredentials());
    again.close();
  });

  it('makes another server certificate for a new name, and tells', async () => {
    const clock = new TestClock();
    const more = authorityIn(dataDir, clock, ['new.example']);
    await more.start();
    expect(new X509Certificate(more.serverCredentials().cert).checkHost('new.example')).toBe('new.example');
    const told: string[] = [];
    more.onServerCredentials((credentials) => told.push(credentials.cert));
    await clock.advance(139 * DAY_MS);
    expect(told).toEqual([]);
    await clock.advance(2 * DAY_MS);
    // Whoever asks while the hourly check still stores the new certificate is answered once it is told.
    await more.renewServerCertificate();
    expect(told).toHaveLength(1);
    expect(told.at(-1)).toBe(more.serverCredentials().cert);
    expect(new X509Certificate(more.serverCredentials().cert).validToDate.getTime()).toBeGreaterThan(clock.nowMs() + 199 * DAY_MS);
    more.close();
    expect(clock.pending()).toEqual([]);
  });

  it('begun on a machine without a clock, its certificates hold when the time is set', async () => {
    const clock = new TestClock(5000);
    const early = authorityIn(makeScratchFolder('tls'), clock);
    await early.start();
    const device = await early.issueDeviceCertificate(await request(P256), 'LX-0001');
    clock.step(Date.UTC(2026, 10, 28) - clock.nowMs());
    await early.renewServerCertificate();
    for (const pem of [early.caPem(), early.serverCredentials().cert, device.certificatePem]) {
      const { validFromDate, validToDate } = new X509Certificate(pem);
      expect(validFromDate.getTime()).toBeLessThan(clock.nowMs());
      expect(validToDate.getTime()).toBeGreaterThan(clock.nowMs() + 100 * DAY_MS);
    }
    // And once more without a clock, after the next power cut.
    clock.step(5000 - clock.nowMs());
    await early.renewServerCertificate();
    const { validFromDate, validToDate } = new X509Certificate(early.serverCredentials().cert);
    expect(validFromDate.getTime()).toBeLessThan(validToDate.getTime());
    early.close();
  });

  it('gives a device a client certificate with the subject that the controller chose', async () => {
    const issued = await authority.issueDeviceCertificate(await request(P256), 'LX-0001');
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subject.split('\n')).toEqual(['CN=LX-0001', 'O=Xã Đại Phước']);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(issued.sha256);
    expect(issued.notAfterMs).toBe(certificate.validToDate.getTime());
  });

  it.each([
    ['another curve', () => request({ name: 'ECDSA', namedCurve: 'P-384' })],
    ['RSA', () => request({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' })],
  ])('refuses a request with %s', async (_what, make) => {
    await expect(authority.issueDeviceCertificate(await make(), 'LX-0001')).rejects.toMatchObject({ code: 'tls.request_wrong_key' });
  });

  it('refuses a request that somebody else signed', async () => {
    const [mine, theirs] = [await request(P256), await request(P256)];
    const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*?-----|\s/g, ''), 'base64');
    const spliced = der(mine);
    // The signature stands last; a few of its bytes from another request break the proof and nothing else.
    der(theirs).copy(spliced, spliced.length - 8, der(theirs).length - 8);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${spliced.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(authority.issueDeviceCertificate(pem, 'LX-0001')).rejects.toMatchObject({ code: 'tls.request_bad_signature' });
  });

  it('refuses every mutated request in words, or certifies the very key that was proven', async () => {
    const pem = await request(P256);
    const provenKey = new Pkcs10CertificateRequest(pem).publicKey.toString('hex');
    const der = Buffer.from(pem.replace(/-----.*?-----|\s/g, ''), 'base64');
    await fc.assert(
      fc.asyncProperty(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(der.length), async (at, flip, cut) => {
        const bad = Buffer.from(der);
        bad[at] = (bad[at] ?? 0) ^ flip;
        for (const bytes of [bad, der.subarray(0, cut)]) {
          if (bytes.length === der.length && bytes.equals(der)) continue;
          const text = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
          // The outer frame of the request isn't signed; a change there that the parser forgives harms nobody.
          const outcome = await authority.issueDeviceCertificate(text, 'LX-0001').catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'AppError', status: 422 });
          else expect(new Certificate((outcome as DeviceCertificate).certificatePem).publicKey.toString('hex')).toBe(provenKey);
        }
      }),
      { numRuns: 300, seed: 20261010 },
    );
  });

  it('is accepted in a real TLS 1.3 handshake with mutual authentication', async () => {
    const keys = (await crypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as CryptoKeyPair;
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=x',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    // OpenSSL looks at the machine's own clock.
    const current = authorityIn(makeScratchFolder('tls'), new SystemClock());
    await current.start();
    const { certificatePem } = await current.issueDeviceCertificate(csr.toString('pem'), 'LX-0002');
    const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const server = createServer({ ...current.serverCredentials(), ca: current.caPem(), requestCert: true, rejectUnauthorized: true });
    const peer = new Promise<string>((resolve, reject) => {
      server.on('secureConnection', (socket: TLSSocket) => resolve(socket.getPeerCertificate().subject.CN as string));
      server.on('tlsClientError', reject);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const client = tlsConnect({
      port,
      host: '127.0.0.1',
      ca: current.caPem(),
      cert: certificatePem,
      key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`,
      servername: 'localhost',
    });
    client.on('error', () => undefined);
    expect(await peer).toBe('LX-0002');
    client.destroy();
    server.close();
    current.close();
  });

  it('says what to do when its key file is damaged, and never makes another by itself', async () => {
    const damaged = makeScratchFolder('tls');
    const first = authorityIn(damaged);
    await first.start();
    first.close();
    const file = join(damaged, 'tls', 'authority.pem');
    chmodSync(file, 0o600);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
    await expect(authorityIn(damaged).start()).rejects.toMatchObject({ code: 'tls.authority_unreadable' });
    expect(readFileSync(file, 'utf8')).toHaveLength(100);
  });

  it.each<[string, (file: string) => void]>([
    ['is missing', (file) => rmSync(file)],
    ['is missing with all of its folder, while speakers were enrolled', (file) => rmSync(dirname(file), { recursive: true })],
    [
      'is a pipe',
      (file) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      },
    ],
    [
      'is a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    ['is empty', (file) => writeFileSync(file, '')],
  ])('a key that %s is replaced only when a person says so', async (_what, damage) => {
    const folder = makeScratchFolder('tls');
    const first = authorityIn(folder);
    await first.start();
    first.close();
    const file = join(folder, 'tls', 'authority.pem');
    damage(file);
    const again = (mayReplace: boolean) => {
      const { setAside } = createSetAside({ dataDirectory: folder, clock: new TestClock(), logger });
      return createCertificateAuthority({
        ...{ dataDir: folder, clock: new TestClock(), logger, communeName: 'Xã Đại Phước', mayReplace, setAside },
        hasEnrolled: async () => true,
      });
    };
    const refusal = again(false).start();
    await expect(refusal).rejects.toMatchObject({ code: expect.stringMatching(/^tls\.authority_(missing|unreadable)$/) });
    await expect(refusal).rejects.toThrow('--new-authority');
    const replaced = again(true);
    await replaced.start();
    expect(replaced.caSha256()).not.toBe(first.caSha256());
    replaced.close();
    const kept = authorityIn(folder);
    await kept.start();
    expect(kept.caSha256()).toBe(replaced.caSha256());
    kept.close();
  });

  it('makes another server certificate when that file is damaged', async () => {
    const damaged = makeScratchFolder('tls');
    const first = authorityIn(damaged);
    await first.start();
    first.close();
    writeFileSync(join(damaged, 'tls', 'server.pem'), 'nothing');
    const second = authorityIn(damaged);
    await second.start();
    expect(second.caSha256()).toBe(first.caSha256());
    expect(second.serverCredentials().key).not.toBe(first.serverCredentials().key);
    second.close();
  });
});
