import { type AccountPolicy, lockMs } from './policy.ts';

/** Strangers choose names and places freely: the list must not grow with them. What is let go still counts against the account as a whole. */
const MOST_ENTRIES = 20_000;

interface Failures {
  count: number;
  lockedUntilMs: number;
}

/**
 * Failures in a row by log-in name and place (address-block.ts): whoever guesses locks an account for the place where they sit, and for
 * nobody else. Names that don't exist are counted as those that do. In memory: a restart forgives. By the steady clock. Pure but for that.
 */
export class PlaceLocks {
  readonly #policy: AccountPolicy;
  readonly #byName = new Map<string, Map<string, Failures>>();
  #size = 0;

  constructor(policy: AccountPolicy) {
    this.#policy = policy;
  }

  /** Counts an attempt, before anybody knows how it ends. @returns false when this place has to wait, and then it is not counted */
  take(username: string, place: string, nowMs: number): boolean {
    const found = this.#byName.get(username)?.get(place);
    if (found && nowMs < found.lockedUntilMs) return false;
    const failures = found ?? this.#make(username, place);
    failures.count += 1;
    const lockedForMs = lockMs(failures.count, this.#policy);
    failures.lockedUntilMs = lockedForMs > 0 ? nowMs + lockedForMs : 0;
    return true;
  }

  /** The attempt was right. */
  forget(username: string, place: string): void {
    const places = this.#byName.get(username);
    if (places?.delete(place)) this.#size -= 1;
    if (places?.size === 0) this.#byName.delete(username);
  }

  forgetAll(username: string): void {
    this.#size -= this.#byName.get(username)?.size ?? 0;
    this.#byName.delete(username);
  }

  /** How long until the last of the places may try again; 0: none has to wait. */
  lockedForMs(username: string, nowMs: number): number {
    let longest = 0;
    for (const { lockedUntilMs } of this.#byName.get(username)?.values() ?? []) longest = Math.max(longest, lockedUntilMs - nowMs);
    return longest;
  }

  #make(username: string, place: string): Failures {
    if (this.#size >= MOST_ENTRIES) {
      const [oldest = ''] = this.#byName.keys();
      this.forgetAll(oldest);
    }
    const failures = { count: 0, lockedUntilMs: 0 };
    const places = this.#byName.get(username);
    if (places) places.set(place, failures);
    else this.#byName.set(username, new Map([[place, failures]]));
    this.#size += 1;
    return failures;
  }
}
