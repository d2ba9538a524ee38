import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const CLAIM_BYTES = 10;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A new claim secret: 80 random bits as 16 letters and digits (RFC 4648 base32), readable aloud on a ladder. */
export function newClaim(): string {
  const bits = [...randomBytes(CLAIM_BYTES)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('');
}

/** What the store keeps. The secret has 80 random bits: a plain hash can't be searched backwards. */
export function hashClaim(claim: string): string {
  return createHash('sha256').update(claim).digest('hex');
}

/** Compares in constant time, and takes as long when there is nothing to compare with. */
export function claimMatches(claim: string, storedHash: string | null): boolean {
  const given = Buffer.from(hashClaim(claim), 'hex');
  const stored = Buffer.alloc(given.length);
  const known = storedHash !== null && Buffer.from(storedHash, 'hex').copy(stored) === given.length;
  return timingSafeEqual(given, stored) && known;
}
