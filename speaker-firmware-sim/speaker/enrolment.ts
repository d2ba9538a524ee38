import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { type ClaimCode, enrolResponse } from '../../controller/protocol/enrolment.ts';
import { CONTROL_PATH } from '../../controller/protocol/media.ts';
import { hashOfClaim, type Identity, type PendingEnrolment } from './identity.ts';
import { issuedIdentityError, verifyPinnedChain } from './trust.ts';

const TIME_OUT_MS = 20_000;
const LARGEST_RESPONSE_BYTES = 65_536;
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export class EnrolmentError extends Error {
  /** HTTP status of the refusal; undefined when it did not come to an answer. */
  readonly status: number | undefined;
  /** How long the controller wants to be left alone. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, status?: number, retryAfterMs?: number) {
    super(message);
    this.name = 'EnrolmentError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Makes the device's key pair and a PKCS#10 request that proves its possession (RFC 2986). */
export async function createKeyAndRequest(speakerId: string): Promise<{ keyPem: string; csrPem: string }> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create(
    { name: `CN=${speakerId}`, keys: keys as CryptoKeyPair, signingAlgorithm: P256 },
    webcrypto as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { keyPem, csrPem: csr.toString('pem') };
}

/** Everything that the enrolment needs, to be stored before a byte of it is sent. */
export async function prepareEnrolment(claim: ClaimCode, device: { model: string; firmware: string }): Promise<PendingEnrolment> {
  const { keyPem, csrPem } = await createKeyAndRequest(claim.speakerId);
  const body = JSON.stringify({ speakerId: claim.speakerId, claim: claim.claim, csrPem, ...device });
  return { keyPem, claimSha256: hashOfClaim(claim.claim), body };
}

/**
 * Turns a claim code into an identity: POST /speaker/v1/enrol at the controller whose authority the code pins. Sent again, the same enrolment gets the same answer.
 * Throws EnrolmentError when the controller is not the pinned one, refuses, can't be reached, or answers with what is not this device's certificate.
 */
export async function enrol(claim: ClaimCode, pending: PendingEnrolment, nowMs: () => number, signal: AbortSignal): Promise<Identity> {
  const { status, text, retryAfterS } = await post(claim, pending.body, nowMs, signal);
  if (status !== 200 && status !== 201)
    throw new EnrolmentError(`enrolment refused with status ${status}`, status, retryAfterS === undefined ? undefined : retryAfterS * 1000);
  const answer = enrolResponse.safeParse(parseJson(text));
  if (!answer.success) throw new EnrolmentError('the answer to the enrolment is malformed', status);
  const identity: Identity = {
    speakerId: claim.speakerId,
    keyPem: pending.keyPem,
    claimSha256: pending.claimSha256,
    ...answer.data,
  };
  const wrong = issuedIdentityError(identity, claim.caSha256);
  if (wrong) throw new EnrolmentError(wrong, status);
  return identity;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Answer {
  status: number;
  text: string;
  retryAfterS: number | undefined;
}

function post(claim: ClaimCode, body: string, nowMs: () => number, signal: AbortSignal): Promise<Answer> {
  const host = claim.host.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const call = request({
      host,
      port: claim.port,
      path: `${CONTROL_PATH}/enrol`,
      method: 'POST',
      agent: false,
      // Node's own check knows no pin by hash; verifyPinnedChain does it before a byte of the request leaves.
      rejectUnauthorized: false,
      timeout: TIME_OUT_MS,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    call.on('socket', (socket) => {
      socket.once('secureConnect', () => {
        try {
          verifyPinnedChain(socket as TLSSocket, host, claim.caSha256, nowMs());
        } catch (error) {
          call.destroy(new EnrolmentError((error as Error).message));
          return;
        }
        call.end(body);
      });
    });
    call.on('timeout', () => call.destroy(new EnrolmentError('the controller did not answer the enrolment')));
    call.on('error', (error) => reject(error instanceof EnrolmentError ? error : new EnrolmentError(error.message)));
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > LARGEST_RESPONSE_BYTES) response.destroy(new EnrolmentError('the answer to the enrolment is too large'));
        else parts.push(part);
      });
      response.on('error', (error) => reject(new EnrolmentError(error.message)));
      response.on('end', () => {
        const retryAfterS = Number.parseInt(response.headers['retry-after'] ?? '', 10);
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString('utf8'),
          retryAfterS: Number.isNaN(retryAfterS) ? undefined : Math.max(0, retryAfterS),
        });
      });
    });
  });
}
