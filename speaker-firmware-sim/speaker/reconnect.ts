import { CLOSE_CODES } from '../../controller/protocol/media.ts';

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** A controller that has said what is wrong is not asked again every minute. */
const REFUSED_MS = 300_000;

/**
 * How long to wait before the next attempt: exponential with full jitter on the upper half, so that a commune's speakers do not come back all at once.
 * `random` is uniform in [0, 1).
 */
export function reconnectDelayMs(
  attempt: number,
  random: number,
  closeCode: number | undefined,
  reconnectAfterMs: number | undefined,
): number {
  const backOffMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  const spread = (baseMs: number): number => baseMs * (0.5 + random / 2);
  switch (closeCode) {
    case CLOSE_CODES.controllerStopping:
      return reconnectAfterMs !== undefined ? reconnectAfterMs + random * 1000 : spread(backOffMs);
    case CLOSE_CODES.notEnrolled:
    case CLOSE_CODES.revoked:
    case CLOSE_CODES.versionUnsupported:
      return spread(REFUSED_MS * 2);
    case CLOSE_CODES.badMessage:
      return LONGEST_MS * 2 * (1 + random);
    // Two devices with one identity would throw each other out for ever.
    case CLOSE_CODES.replaced:
    case CLOSE_CODES.tooManyErrors:
      return LONGEST_MS * (1 + random);
    default:
      return spread(backOffMs);
  }
}
