import type { Random } from '../random.ts';
import { createDelayProcess, type DelayProcess } from './delay-process.ts';
import { createLossProcess, createOutageProcess, type LossProcess, NO_OUTAGES, type OutageProcess } from './loss-process.ts';
import { type DirectionProfile, type NetworkProfile, PROFILES, type ProfileName } from './profiles.ts';

/** TCP's smallest retransmission time-out on common kernels; doubles with each loss of the same segment. */
const RETRANSMISSION_TIMEOUT_MS = 200;
const MOST_RETRANSMISSIONS = 6;
/** Below this a byte passes at once and only its time stamp is shifted: no timer of a user-space process is this exact. */
const PASS_THROUGH_BELOW_MS = 2;

/** Arrival of what enters a direction at `nowMs`. */
export interface LinkDirection {
  /** undefined: lost. */
  datagram(nowMs: number): number | undefined;
  /** TCP: nothing is lost, everything is in order; a loss costs a retransmission. Infinity: cut. */
  segment(nowMs: number): number;
}

/**
 * One speaker's access network, both directions, for datagrams and for TCP. Pure: it is told the time and answers when a packet arrives;
 * the sockets around it wait.
 */
export class Link {
  readonly #random: Random;
  #profileName: ProfileName = 'none';
  /** What the link goes back to when a passing disturbance is over. */
  #usualName: ProfileName = 'none';
  #generation = 0;
  #outages: OutageProcess = NO_OUTAGES;
  #up: LinkDirection = PASS;
  #down: LinkDirection = PASS;
  #passThrough = true;
  /** The latest cut; it lasts until it is undone. */
  #cut: { fromMs: number; untilMs: number } | undefined;
  #onChange: (() => void)[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get profileName(): ProfileName {
    return this.#profileName;
  }
  get up(): LinkDirection {
    return this.#up;
  }
  get down(): LinkDirection {
    return this.#down;
  }
  /** Delays are too small for timers: pass at once, stamp with the delay. */
  get passThrough(): boolean {
    return this.#passThrough;
  }

  setProfile(name: ProfileName): void {
    this.#usualName = name;
    this.#use(name);
  }

  /** Fault: another profile until `settle`. */
  disturb(name: ProfileName): void {
    this.#use(name);
  }

  settle(): void {
    if (this.#profileName !== this.#usualName) this.#use(this.#usualName);
  }

  #use(name: ProfileName): void {
    const profile: NetworkProfile = PROFILES[name];
    const random = this.#random.fork(`${name}/${this.#generation++}`);
    this.#profileName = name;
    this.#outages = createOutageProcess(profile.outages, random.fork('outages'));
    this.#passThrough = [profile.up, profile.down].every(
      ({ delay }) => delay.kind === 'none' || (delay.kind === 'uniform' && delay.highMs < PASS_THROUGH_BELOW_MS),
    );
    const blockedUntil = (nowMs: number): number | undefined => {
      if (profile.cut || this.#isCut(nowMs)) return Number.POSITIVE_INFINITY;
      return this.#outages.endOf(nowMs);
    };
    this.#up = createDirection(profile.up, random.fork('up'), blockedUntil);
    this.#down = createDirection(profile.down, random.fork('down'), blockedUntil);
    for (const listener of this.#onChange) listener();
  }

  /** Fault: nothing passes until `restore`. */
  cut(nowMs: number): void {
    this.#cut = { fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY };
    for (const listener of this.#onChange) listener();
  }

  restore(nowMs: number): void {
    if (this.#cut) this.#cut.untilMs = Math.min(this.#cut.untilMs, nowMs);
    for (const listener of this.#onChange) listener();
  }

  isDown(nowMs: number): boolean {
    return PROFILES[this.#profileName].cut || this.#isCut(nowMs) || this.#outages.endOf(nowMs) !== undefined;
  }

  #isCut(nowMs: number): boolean {
    return this.#cut !== undefined && nowMs < this.#cut.untilMs;
  }

  /** Whether the link was down at any time of a recent interval. */
  wasDownBetween(fromMs: number, untilMs: number): boolean {
    return this.#downSince(fromMs, untilMs) || this.isDown(untilMs);
  }

  #downSince(fromMs: number, untilMs: number): boolean {
    const overlaps = (startMs: number, endMs: number): boolean => startMs <= untilMs && endMs >= fromMs;
    const last = this.#outages.last();
    return (
      (last !== undefined && overlaps(last.startMs, last.endMs)) ||
      (this.#cut !== undefined && overlaps(this.#cut.fromMs, this.#cut.untilMs))
    );
  }

  /** Called when profile or cut changes: whoever waits for a cut link looks again. */
  onChange(listener: () => void): () => void {
    this.#onChange.push(listener);
    return () => {
      this.#onChange = this.#onChange.filter((other) => other !== listener);
    };
  }
}

const PASS: LinkDirection = { datagram: (nowMs) => nowMs, segment: (nowMs) => nowMs };

function createDirection(profile: DirectionProfile, random: Random, blockedUntil: (nowMs: number) => number | undefined): LinkDirection {
  const delay: DelayProcess = createDelayProcess(profile.delay, random.fork('delay'));
  const lost: LossProcess = createLossProcess(profile.loss, random.fork('loss'));
  const lostSegment: LossProcess = createLossProcess(profile.loss, random.fork('segment-loss'));
  const keepsOrder = profile.delay.kind !== 'none' && profile.delay.kind !== 'uniform';
  let lastDatagramMs = 0;
  let lastSegmentMs = 0;
  return {
    datagram(nowMs) {
      if (blockedUntil(nowMs) !== undefined || lost(nowMs)) return undefined;
      const arrivalMs = nowMs + delay(nowMs);
      lastDatagramMs = keepsOrder ? Math.max(lastDatagramMs, arrivalMs) : arrivalMs;
      return lastDatagramMs;
    },
    segment(nowMs) {
      let sentMs = nowMs;
      for (let attempt = 0; attempt < MOST_RETRANSMISSIONS; attempt++) {
        const freeAtMs = blockedUntil(sentMs);
        if (freeAtMs === Number.POSITIVE_INFINITY) return freeAtMs;
        if (freeAtMs === undefined && !lostSegment(sentMs)) break;
        const timeoutMs = RETRANSMISSION_TIMEOUT_MS * 2 ** attempt;
        // During an outage the sender keeps doubling its time-out: it notices the link's return late.
        sentMs = freeAtMs === undefined ? sentMs + timeoutMs : Math.max(freeAtMs + random.next() * 400, sentMs + timeoutMs);
      }
      lastSegmentMs = Math.max(lastSegmentMs, sentMs + delay(nowMs));
      return lastSegmentMs;
    },
  };
}
