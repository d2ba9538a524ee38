import { webcrypto } from 'node:crypto';
import { PemConverter, X509Certificate } from './x509.ts';

/** ECDSA on P-256 with SHA-256 everywhere: every browser and every small device's library has it. */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** The library's type of a crypto provider is the browser's. */
export const provider = webcrypto as Crypto;

export interface CertifiedKey {
  privateKey: CryptoKey;
  certificate: X509Certificate;
  privateKeyPem: string;
  certificatePem: string;
}

export function generateKeyPair(): Promise<CryptoKeyPair> {
  return provider.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

export async function certify(keys: CryptoKeyPair, certificate: X509Certificate): Promise<CertifiedKey> {
  const pkcs8 = await provider.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKey: keys.privateKey,
    certificate,
    privateKeyPem: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    certificatePem: toPem(certificate),
  };
}

export function toPem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/**
 * Key and certificate stand in one file, so that they can't be from two different writes.
 * @throws Error when the text isn't a P-256 key with its own certificate.
 */
export async function parseCertifiedKey(text: string): Promise<CertifiedKey> {
  const blocks = PemConverter.decodeWithHeaders(text);
  const key = blocks.find((block) => block.type === 'PRIVATE KEY');
  const der = blocks.find((block) => block.type === 'CERTIFICATE');
  if (!key || !der) throw new Error('a private key and a certificate are expected');
  const privateKey = await provider.subtle.importKey('pkcs8', key.rawData, KEY_ALGORITHM, true, ['sign']);
  const certificate = new X509Certificate(der.rawData);
  const publicKey = await certificate.publicKey.export(KEY_ALGORITHM, ['verify'], provider);
  const probe = new TextEncoder().encode('the key and its certificate belong together');
  const signature = await provider.subtle.sign(SIGNING_ALGORITHM, privateKey, probe);
  if (!(await provider.subtle.verify(SIGNING_ALGORITHM, publicKey, signature, probe))) {
    throw new Error('the private key is not the certificate’s');
  }
  return {
    privateKey,
    certificate,
    privateKeyPem: `${PemConverter.encode(key.rawData, 'PRIVATE KEY')}\n`,
    certificatePem: toPem(certificate),
  };
}
