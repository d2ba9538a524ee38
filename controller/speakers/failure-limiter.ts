import { TokenBucket } from './token-bucket.ts';

/** Attackers choose addresses freely: the list must not grow with them. */
const LONGEST_LIST = 4096;

/**
 * Limits failures by place (address-block.ts). Successes cost nothing: behind a carrier's NAT a whole commune may share one address.
 */
export class FailureLimiter {
  readonly #limit: { burst: number; perSecond: number };
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #blockedUntilMs = new Map<string, number>();

  constructor(limit: { burst: number; perSecond: number }) {
    this.#limit = limit;
  }

  isBlocked(ip: string, nowMs: number): boolean {
    const untilMs = this.#blockedUntilMs.get(ip);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#blockedUntilMs.delete(ip);
    return false;
  }

  failed(ip: string, nowMs: number): void {
    let bucket = this.#buckets.get(ip);
    if (!bucket) {
      this.#makeRoom(nowMs);
      bucket = new TokenBucket({ ...this.#limit, nowMs });
      this.#buckets.set(ip, bucket);
    }
    if (!bucket.take(nowMs)) this.#blockedUntilMs.set(ip, nowMs + 1000 / this.#limit.perSecond);
  }

  #makeRoom(nowMs: number): void {
    if (this.#buckets.size < LONGEST_LIST) return;
    for (const [ip, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#drop(ip);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= LONGEST_LIST && oldest !== undefined) this.#drop(oldest);
  }

  #drop(ip: string): void {
    this.#buckets.delete(ip);
    this.#blockedUntilMs.delete(ip);
  }
}
