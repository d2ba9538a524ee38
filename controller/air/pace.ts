export interface PaceOptions {
  /** How long before its capture instant a packet leaves when all is well: time for retransmissions and for our own stalls. */
  leadMs: number;
}

/** The lead is built up at this multiple of real time, so that a start is no burst. */
const FILL_SPEED = 4;
/** Packets whose instant has passed follow each other this much faster than real time: late is worse than dense. */
const OVERDUE_SPEED = 20;

export interface SentPacket {
  sentAtMs: number;
  durationMs: number;
}

/**
 * When to send the next packet: `leadMs` ahead of its capture instant, and not before a share of the packet before has passed.
 * @param previous undefined: this is the first
 */
export function sendInstant(options: PaceOptions, captureAtMs: number, previous: SentPacket | undefined, nowMs: number): number {
  const steadyMs = captureAtMs - options.leadMs;
  if (previous === undefined) return Math.max(steadyMs, nowMs);
  const speed = captureAtMs < nowMs ? OVERDUE_SPEED : FILL_SPEED;
  return Math.max(steadyMs, previous.sentAtMs + previous.durationMs / speed);
}
