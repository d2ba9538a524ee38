import type { Audit } from '../accounts/audit.ts';
import type { Clock } from '../clock.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import { TokenBucket } from './token-bucket.ts';

/** A revoked device comes back every few minutes for as long as it stands; it is worth a line now and then. */
const AGAIN_AFTER_MS = 3_600_000;
/** An attacker must not fill the trail, which is kept for years; what is left out is counted. */
const ENTRIES = { burst: 30, perSecond: 1 / 60 };

export interface Refusal {
  ip: string;
  why: string;
  /** Whose certificate it was, as far as that is certain. */
  speakerId: SpeakerId | null;
  certificateSha256: string | null;
  /** Which speaker it said that it was. */
  claimedId?: SpeakerId;
}

/** Devices that were turned away at the control channel, for the audit trail. */
export class RefusedDevices {
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #entries: TokenBucket;
  readonly #recordedAtMs = new Map<string, number>();
  #leftOut = 0;

  constructor(audit: Audit, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
    this.#entries = new TokenBucket({ ...ENTRIES, nowMs: clock.monotonicMs() });
  }

  /** Never waits for the store and never throws. */
  record(refusal: Refusal): void {
    const nowMs = this.#clock.monotonicMs();
    const { ip, why, speakerId, certificateSha256, claimedId } = refusal;
    for (const [key, atMs] of this.#recordedAtMs) if (nowMs - atMs >= AGAIN_AFTER_MS) this.#recordedAtMs.delete(key);
    const key = [ip, why, certificateSha256, claimedId].join(' ');
    if (this.#recordedAtMs.has(key) || !this.#entries.take(nowMs)) {
      this.#leftOut += 1;
      return;
    }
    // Entries are few: so is what is remembered of them.
    this.#recordedAtMs.set(key, nowMs);
    const detail = { why, certificateSha256, ...(claimedId === undefined ? {} : { claimedId }), leftOutBefore: this.#leftOut };
    this.#leftOut = 0;
    const target = speakerId ?? 'unknown';
    void this.#audit.record(
      { actorId: null, actorName: `speaker ${target}`, action: 'speaker.refused', target, ip, detail },
      { whenPossible: true },
    );
  }
}
