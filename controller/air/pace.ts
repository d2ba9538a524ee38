export interface PaceOptions {
  /** How long before its capture instant a packet leaves when all is well: time for retransmissions and for our own stalls. */
  leadMs: number;
  /** The lead is built up at this multiple of real time, so that a start is no burst. */
  fillSpeed: number;
  /** A source or this process that stood still longer than this beyond the lead: the programme goes on from now, and nothing is rushed. */
  lostAfterMs: number;
}

export const DEFAULT_PACE: PaceOptions = { leadMs: 400, fillSpeed: 4, lostAfterMs: 2000 };
/** Packets whose instant has passed follow each other so many times faster still: late is worse than dense. */
const OVERDUE_HASTE = 5;

export interface SentPacket {
  /** On the same clock as the instants it is compared with: the steady one. */
  sentAtMs: number;
  durationMs: number;
}

/**
 * When to send the next packet: `leadMs` ahead of its capture instant, and not before a share of the packet before has passed.
 * @param previous undefined: this is the first
 */
export function sendInstant(
  options: Omit<PaceOptions, 'lostAfterMs'>,
  captureAtMs: number,
  previous: SentPacket | undefined,
  nowMs: number,
): number {
  const steadyMs = captureAtMs - options.leadMs;
  if (previous === undefined) return Math.max(steadyMs, nowMs);
  const speed = captureAtMs < nowMs ? OVERDUE_HASTE * options.fillSpeed : options.fillSpeed;
  return Math.max(steadyMs, previous.sentAtMs + previous.durationMs / speed);
}
