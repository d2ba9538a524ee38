import { CLOSE_CODES } from '../../controller/protocol/media.ts';

/** A controller that was killed is back within seconds, and an attempt that is refused costs next to nothing. */
const QUICK_MS = 500;
const QUICK_ATTEMPTS = 12;
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** A controller that has said what is wrong is not asked again every minute. */
const REFUSED_MS = 300_000;

/**
 * How long to wait before the next attempt: short at first, then exponential; with full jitter on the upper half, so that a commune's speakers do not come back all at once.
 * `random` is uniform in [0, 1).
 */
export function reconnectDelayMs(
  attempt: number,
  random: number,
  closeCode: number | undefined,
  reconnectAfterMs: number | undefined,
): number {
  const slow = attempt - QUICK_ATTEMPTS;
  const backOffMs = slow < 0 ? QUICK_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(slow, 10));
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
