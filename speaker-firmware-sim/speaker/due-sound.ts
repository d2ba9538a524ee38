import type { Channel } from './channel.ts';

/** While sound is due, so long without a packet: carriers give new ports in mid-sentence. */
const SILENT_MS = 1000;
/** What had come has run out for so long: the end of a broadcast is told within this time, the end of a path never. */
const DRY_MS = 300;
/** So long after the last packet it is asked whether the controller still answers. */
const DOUBT_MS = 500;
/** Where the whole link was away, packets come again no later than this after the first answer on the control channel. */
const ALONE_MS = 400;
/** An emergency is sent ahead: silence says nothing, but a word or a pilot comes within its period, and a little later where a word came just before it. */
const PILOT_PERIODS = 1.25;

interface Options {
  /** When something last came on the control channel, true time; undefined without a connection. */
  controlHeardMs(): number | undefined;
  /** Asks the controller for a sign of life on the control channel. */
  askForSign(): void;
}

/**
 * Finds that a media path is lost while sound is due, long before three pilots are missing. Only where the control channel still lives: behind a link that is cut altogether a new
 * path is no better than the old one, and what was lost can be repaired on the old one alone. It is said once until a packet comes, and not of a path on which nothing has come yet.
 */
export class DueSound {
  readonly #options: Options;
  #drySinceMs: number | undefined;
  /** The last packet before the present silence. */
  #silentSinceMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  #answeredMs: number | undefined;
  #isSaid = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** A new path, or the old one has come back. */
  reset(): void {
    this.#drySinceMs = undefined;
    this.#silentSinceMs = Number.NEGATIVE_INFINITY;
    this.#isSaid = false;
  }

  /** @param lastPacketMs the newest on a path on which sound or a pilot has come, true time */
  isMissed(channels: readonly Channel[], lastPacketMs: number, pilotPeriodMs: number, nowMs: number): boolean {
    if (lastPacketMs !== this.#silentSinceMs) {
      this.#silentSinceMs = lastPacketMs;
      this.#isAsked = false;
      this.#answeredMs = undefined;
    }
    const dry = channels.filter(isDry);
    this.#drySinceMs = dry.length > 0 ? (this.#drySinceMs ?? nowMs) : undefined;
    if (this.#drySinceMs === undefined || this.#isSaid) return false;
    const silentMs = nowMs - lastPacketMs;
    const isOnlyAhead = dry.every((channel) => channel.isPatient);
    const patienceMs = isOnlyAhead ? Math.max(SILENT_MS, PILOT_PERIODS * pilotPeriodMs) : SILENT_MS;
    if (silentMs < patienceMs - SILENT_MS + DOUBT_MS) return false;
    if (!this.#isAsked) this.#options.askForSign();
    this.#isAsked = true;
    const heardMs = this.#options.controlHeardMs();
    if (heardMs !== undefined && heardMs >= lastPacketMs + DOUBT_MS) this.#answeredMs ??= nowMs;
    if (this.#answeredMs === undefined || nowMs - this.#answeredMs < ALONE_MS) return false;
    this.#isSaid = silentMs >= patienceMs && nowMs - this.#drySinceMs >= DRY_MS;
    return this.#isSaid;
  }
}

/** It carries a broadcast of which everything that has come was played. */
function isDry({ closing, description, tracker, buffer }: Channel): boolean {
  return !closing && description.broadcastId !== null && tracker.highest !== undefined && buffer.length === 0;
}
