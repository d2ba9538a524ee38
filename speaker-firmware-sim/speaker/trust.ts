import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** A controller that is addressed by a changing IP names itself by this in its certificate. */
export const CONTROLLER_NAME = 'loa-xa-controller';

/**
 * The certificate must name the host that was dialled, or the controller's fixed name: only the commune's authority can issue either.
 * Returns undefined when it does.
 */
export function controllerIdentityError(host: string, certificate: X509Certificate): Error | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  const named = isIP(bare) ? certificate.checkIP(bare) : certificate.checkHost(bare);
  if (named !== undefined || certificate.checkHost(CONTROLLER_NAME) !== undefined) return undefined;
  return new Error(`the certificate names neither ${bare} nor ${CONTROLLER_NAME}`);
}

/**
 * Before enrolment the device knows only the SHA-256 of the authority's certificate (from the claim code): the server must present a chain that ends in
 * that very certificate, each link signed by the next and valid now. Returns the authority's PEM, or throws before anything was sent.
 */
export function verifyPinnedChain(socket: TLSSocket, host: string, caSha256: string, nowMs: number): string {
  const chain: X509Certificate[] = [];
  let peer: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (peer?.raw && !seen.has(peer.fingerprint256)) {
    seen.add(peer.fingerprint256);
    chain.push(new X509Certificate(peer.raw));
    peer = peer.issuerCertificate;
  }
  const [leaf] = chain;
  const authority = chain.find((certificate) => sha256Of(certificate) === caSha256);
  if (!leaf || !authority) throw new Error('the server is not of the authority that is pinned');
  for (let index = 0; index < chain.length; index++) {
    const certificate = chain[index] as X509Certificate;
    if (Date.parse(certificate.validFrom) > nowMs || Date.parse(certificate.validTo) < nowMs)
      throw new Error('a certificate of the server is not valid now');
    if (certificate === authority) break;
    const issuer = chain[index + 1];
    if (!issuer?.ca || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw new Error('the chain of the server is broken');
  }
  if (!authority.ca || !authority.verify(authority.publicKey)) throw new Error('the pinned certificate is no authority');
  const named = controllerIdentityError(host, leaf);
  if (named) throw named;
  return authority.toString();
}

/**
 * What the controller has issued must be of the pinned authority and for this device's own key: with anything else the device would trust somebody else, or
 * could never connect. Returns what is wrong in words.
 */
export function issuedIdentityError(
  identity: { keyPem: string; certificatePem: string; caPem: string; controlUrl: string },
  caSha256: string,
): string | undefined {
  let authority: X509Certificate;
  let certificate: X509Certificate;
  try {
    authority = new X509Certificate(identity.caPem);
    certificate = new X509Certificate(identity.certificatePem);
  } catch {
    return 'the answer to the enrolment holds no certificates';
  }
  if (sha256Of(authority) !== caSha256) return 'the answer to the enrolment names another authority than the claim code';
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    return 'the certificate is not signed by the authority of the claim code';
  if (!certificate.checkPrivateKey(createPrivateKey(identity.keyPem))) return 'the certificate is not for this device’s key';
  if (!identity.controlUrl.startsWith('wss://')) return 'the control channel would not be encrypted';
  return undefined;
}

function sha256Of(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}
