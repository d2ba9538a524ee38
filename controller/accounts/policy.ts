const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The rules of log-in; the commune's security level (Circular 12/2022/TT-BTTTT) may ask for stricter ones. */
export interface AccountPolicy {
  passwordMinLength: number;
  /** A password older than this must be changed at the next log-in; 0: never. */
  passwordMaxAgeDays: number;
  /** Failures in a row from one place that lock an account for that place. */
  lockAfterFailures: number;
  /** Failures in a row from anywhere that lock it for every device that is not known to it. */
  lockEverywhereAfterFailures: number;
  /** The first lock; each further failure doubles it. */
  firstLockMs: number;
  longestLockMs: number;
  /** A session ends after this long without a call that counts as use (protocol/accounts.ts, BACKGROUND_HEADER). */
  idleTimeoutMs: number;
  /** A session ends after this long in any case, except on air. */
  absoluteTimeoutMs: number;
}

export const DEFAULT_POLICY: AccountPolicy = {
  passwordMinLength: 12,
  passwordMaxAgeDays: 180,
  lockAfterFailures: 5,
  lockEverywhereAfterFailures: 100,
  firstLockMs: 15 * MINUTE_MS,
  // Not longer: whoever knows a name can lock it for new devices, and an announcer must be able to come back during a storm.
  longestLockMs: 4 * HOUR_MS,
  idleTimeoutMs: 30 * MINUTE_MS,
  absoluteTimeoutMs: 12 * HOUR_MS,
};

/** How long an account is locked after this many failures in a row; 0: not. Pure. */
export function lockMs(failures: number, policy: AccountPolicy, lockAfterFailures = policy.lockAfterFailures): number {
  const over = failures - lockAfterFailures;
  if (over < 0) return 0;
  return Math.min(policy.longestLockMs, policy.firstLockMs * 2 ** Math.min(over, 30));
}
