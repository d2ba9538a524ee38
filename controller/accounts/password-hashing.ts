import { randomBytes } from 'node:crypto';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '../errors.ts';
import { FairTurns } from './fair-turns.ts';
import { normalisePassword } from './password-rules.ts';

/** Argon2id as the OWASP Password Storage Cheat Sheet asks for: 19 MiB, 2 passes, 1 lane. The variant is the library's default. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
/** Two cores, 19 MiB each: a flood of log-ins must not starve the air of both. */
const TURNS = { mostAtOnce: 1, mostWaitingOfPlace: 6, mostWaiting: 60, mostKnownWaiting: 32 };

export interface PasswordHashing {
  /** Makes the hash that stands in for missing accounts, so that the first such log-in takes no longer than the others. */
  warmUp(): void;
  hash(password: string): Promise<string>;
  /**
   * The same work and time whether or not there is such an account (`storedHash` undefined). `place`: where a stranger sits; those who are
   * known come before strangers. `before` runs when it is this call's turn: whoever is turned away because of too many others has not begun.
   * @throws AppError `accounts.busy`
   */
  verify(
    storedHash: string | undefined,
    password: string,
    how?: { place?: string | undefined; before?: () => Promise<void> },
  ): Promise<boolean>;
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(storedHash: string): boolean;
}

export function createPasswordHashing(): PasswordHashing {
  const turns = new FairTurns(TURNS);
  let decoy: Promise<string> | undefined;
  const decoyHash = (): Promise<string> => {
    decoy ??= hash(randomBytes(18).toString('base64'), COST);
    return decoy;
  };

  return {
    warmUp: () => void decoyHash(),
    hash: (password) => turns.take(undefined, () => hash(normalisePassword(password), COST), busy),
    async verify(storedHash, password, { place, before } = {}) {
      const against = storedHash ?? (await decoyHash());
      const attempt = async (): Promise<boolean> => {
        await before?.();
        return verify(against, normalisePassword(password));
      };
      const matches = await turns.take(place, attempt, busy);
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
