import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { type Database, schema } from '../store/index.ts';

const { knownDevices } = schema;
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Wrong passwords in a row that a device may send for an account before it is as good as any other. */
const MOST_GUESSES = 10;
/** Of one account; the one that was used least lately gives way. */
const MOST_OF_ACCOUNT = 20;
const MOST_READ = 5000;

/**
 * Browsers from which somebody has logged in to an account before: guessing by others, wherever they sit, does not lock them out. A device
 * is a random token in a cookie; several people may share a browser. What makes an account's password another one makes its devices strangers.
 */
export class KnownDevices {
  readonly #db: Database;
  readonly #clock: Clock;
  /** The store's, so that a call can be counted without asking it: the accounts that a token's hash is known for. */
  readonly #accounts = new Map<string, Set<string>>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    const rows = await this.#db.select().from(knownDevices).orderBy(desc(knownDevices.lastUsedAt)).limit(MOST_READ);
    for (const row of rows) this.#hold(row.tokenHash, row.userId);
  }

  /** Names a known device without being its token; undefined: it is not known. */
  nameOf(token: string | undefined): string | undefined {
    const tokenHash = hashOf(token);
    return tokenHash !== undefined && this.#accounts.has(tokenHash) ? tokenHash : undefined;
  }

  isKnown(token: string | undefined, userId: string | undefined): boolean {
    const name = this.nameOf(token);
    return name !== undefined && userId !== undefined && this.#accounts.get(name)?.has(userId) === true;
  }

  /** Counts a guess before the password is looked at. @returns false when the device has no guesses left, or isn't known for this account */
  async takeGuess(token: string | undefined, userId: string): Promise<boolean> {
    const counted = await this.#db
      .update(knownDevices)
      .set({ failures: sql`${knownDevices.failures} + 1` })
      .where(and(isDevice(hashOf(token) ?? '', userId), lt(knownDevices.failures, MOST_GUESSES)))
      .returning({ failures: knownDevices.failures });
    return counted.length > 0;
  }

  /** Somebody has logged in here. @returns the token that the browser is to keep */
  async remember(token: string | undefined, userId: string): Promise<string> {
    const kept = this.nameOf(token) !== undefined && token !== undefined ? token : randomBytes(TOKEN_BYTES).toString('base64url');
    const tokenHash = hashOf(kept) ?? '';
    const now = new Date(this.#clock.nowMs());
    await this.#db
      .insert(knownDevices)
      .values({ tokenHash, userId, createdAt: now, lastUsedAt: now })
      .onConflictDoUpdate({ target: [knownDevices.tokenHash, knownDevices.userId], set: { lastUsedAt: now, failures: 0 } });
    this.#hold(tokenHash, userId);
    const surplus = await this.#db
      .select({ tokenHash: knownDevices.tokenHash })
      .from(knownDevices)
      .where(eq(knownDevices.userId, userId))
      .orderBy(desc(knownDevices.lastUsedAt))
      .offset(MOST_OF_ACCOUNT);
    if (surplus.length > 0) await this.#drop(userId, surplus);
    return kept;
  }

  /** This device is a stranger to the account again. */
  async forget(token: string, userId: string): Promise<void> {
    const tokenHash = hashOf(token);
    if (tokenHash !== undefined) await this.#drop(userId, [{ tokenHash }]);
  }

  /** The account's password is another one, or the account is gone. */
  async forgetAllOf(userId: string): Promise<void> {
    for (const [tokenHash, accounts] of this.#accounts)
      if (accounts.delete(userId) && accounts.size === 0) this.#accounts.delete(tokenHash);
    await this.#db.delete(knownDevices).where(eq(knownDevices.userId, userId));
  }

  /** All of an account's devices have their guesses again. */
  async forgive(userId: string): Promise<void> {
    await this.#db.update(knownDevices).set({ failures: 0 }).where(eq(knownDevices.userId, userId));
  }

  async #drop(userId: string, surplus: readonly { tokenHash: string }[]): Promise<void> {
    const hashes = surplus.map(({ tokenHash }) => tokenHash);
    await this.#db.delete(knownDevices).where(and(eq(knownDevices.userId, userId), inArray(knownDevices.tokenHash, hashes)));
    for (const tokenHash of hashes) {
      const accounts = this.#accounts.get(tokenHash);
      if (accounts?.delete(userId) && accounts.size === 0) this.#accounts.delete(tokenHash);
    }
  }

  #hold(tokenHash: string, userId: string): void {
    const accounts = this.#accounts.get(tokenHash);
    if (accounts) accounts.add(userId);
    else this.#accounts.set(tokenHash, new Set([userId]));
  }
}

const isDevice = (tokenHash: string, userId: string) => and(eq(knownDevices.tokenHash, tokenHash), eq(knownDevices.userId, userId));

/** The store never holds a token; 256 random bits need no slow hash. */
function hashOf(token: string | undefined): string | undefined {
  return token !== undefined && TOKEN.test(token) ? createHash('sha256').update(token).digest('hex') : undefined;
}
