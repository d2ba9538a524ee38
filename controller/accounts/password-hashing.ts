import { randomBytes } from 'node:crypto';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '../errors.ts';
import { normalisePassword } from './password-rules.ts';

/** Argon2id as the OWASP Password Storage Cheat Sheet asks for: 19 MiB, 2 passes, 1 lane. The variant is the library's default. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
/** Two cores, 19 MiB each: a flood of log-ins must not starve the air of both. */
const MOST_AT_ONCE = 1;
const MOST_WAITING = 32;

export interface PasswordHashing {
  /** Makes the hash that stands in for missing accounts, so that the first such log-in takes no longer than the others. */
  warmUp(): void;
  hash(password: string): Promise<string>;
  /**
   * The same work and time whether or not there is such an account (`storedHash` undefined). `before` runs when it is this call's turn:
   * whoever is turned away because of too many others has not begun. @throws AppError `accounts.busy`
   */
  verify(storedHash: string | undefined, password: string, before?: () => Promise<void>): Promise<boolean>;
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(storedHash: string): boolean;
}

export function createPasswordHashing(): PasswordHashing {
  let running = 0;
  const waiting: (() => void)[] = [];
  let decoy: Promise<string> | undefined;
  const decoyHash = (): Promise<string> => {
    decoy ??= hash(randomBytes(18).toString('base64'), COST);
    return decoy;
  };

  async function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    if (running >= MOST_AT_ONCE) {
      if (waiting.length >= MOST_WAITING) throw busy();
      // The one that ends hands its place over, so that a newcomer can't slip in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return {
    warmUp: () => void decoyHash(),
    hash: (password) => inTurn(() => hash(normalisePassword(password), COST)),
    async verify(storedHash, password, before) {
      const against = storedHash ?? (await decoyHash());
      const matches = await inTurn(async () => {
        await before?.();
        return verify(against, normalisePassword(password));
      });
      return storedHash !== undefined && matches;
    },
    isOutdated(storedHash) {
      const used = parseOptions(storedHash);
      return used.memoryCost < COST.memoryCost || used.timeCost < COST.timeCost;
    },
  };
}

function busy(): AppError {
  return new AppError({
    code: 'accounts.busy',
    status: 429,
    words: {
      vi: 'Quá nhiều lượt đăng nhập cùng lúc. Hãy thử lại sau ít giây.',
      en: 'Too many log-ins at the same time. Try again in a few seconds.',
    },
  });
}
