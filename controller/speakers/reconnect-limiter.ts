import type { SpeakerId } from '../protocol/ids.ts';
import { TokenBucket } from './token-bucket.ts';

/** A link that flaps comes back every few seconds; a device with a defect, or none of ours, faster and for ever. */
export const RECONNECTS = { burst: 30, perSecond: 1 / 5 };

/** How often one speaker may come back: each coming and going costs a handshake and two rows of history. */
export class ReconnectLimiter {
  readonly #limit: { burst: number; perSecond: number };
  /** As many as there are speakers in service. */
  readonly #buckets = new Map<SpeakerId, TokenBucket>();

  constructor(limit: { burst: number; perSecond: number } = RECONNECTS) {
    this.#limit = limit;
  }

  /** @param nowMs steady clock */
  mayCome(speakerId: SpeakerId, nowMs: number): boolean {
    const bucket = this.#buckets.get(speakerId) ?? new TokenBucket({ ...this.#limit, nowMs });
    this.#buckets.set(speakerId, bucket);
    return bucket.take(nowMs);
  }
}
