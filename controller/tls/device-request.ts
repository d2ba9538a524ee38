import { AppError } from '../errors.ts';
import { provider } from './key-pair.ts';
import { Pkcs10CertificateRequest, type PublicKey } from './x509.ts';

/** A P-256 request takes about 500 bytes; what is much larger hides something. */
const LONGEST_REQUEST_CHARACTERS = 4096;

/**
 * The public key of a device's PKCS#10 request (RFC 2986), after its self-signature has proven that the device holds the private key.
 * Subject and extensions that the device asks for are ignored: the controller sets them.
 * @throws AppError `tls.request_*` (422)
 */
export async function readDeviceRequest(csrPem: string): Promise<PublicKey> {
  const request = parse(csrPem);
  const algorithm = request.publicKey.algorithm as { name: string; namedCurve?: string };
  if (algorithm.name !== 'ECDSA' || algorithm.namedCurve !== 'P-256') {
    throw new AppError({
      code: 'tls.request_wrong_key',
      status: 422,
      words: {
        vi: 'Khoá trong yêu cầu chứng thư của bộ thu không phải ECDSA P-256.',
        en: "The key in the speaker's certificate request is not ECDSA P-256.",
      },
      details: { algorithm: algorithm.name, curve: algorithm.namedCurve },
    });
  }
  if (!(await isSelfSigned(request))) {
    throw new AppError({
      code: 'tls.request_bad_signature',
      status: 422,
      words: {
        vi: 'Chữ ký trong yêu cầu chứng thư không đúng: bộ thu chưa chứng minh được nó giữ khoá riêng.',
        en: "The certificate request's own signature is wrong: the speaker has not proven that it holds the private key.",
      },
    });
  }
  return request.publicKey;
}

function parse(csrPem: string): Pkcs10CertificateRequest {
  try {
    if (csrPem.length > LONGEST_REQUEST_CHARACTERS) throw new Error('too long');
    if (!csrPem.includes('-----BEGIN CERTIFICATE REQUEST-----')) throw new Error('no PEM certificate request');
    const request = new Pkcs10CertificateRequest(csrPem);
    // Read now what the parser reads late, so that nonsense fails here.
    void request.publicKey.algorithm;
    return request;
  } catch (cause) {
    throw new AppError({
      code: 'tls.request_unreadable',
      status: 422,
      words: {
        vi: 'Không đọc được yêu cầu chứng thư (PKCS#10 dạng PEM) của bộ thu.',
        en: "The speaker's certificate request (PKCS#10 in PEM) can't be read.",
      },
      cause,
    });
  }
}

async function isSelfSigned(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify(provider);
  } catch {
    // A signature of the wrong shape or algorithm is thrown, a wrong value is answered; for us both are "not proven".
    return false;
  }
}
