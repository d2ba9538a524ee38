import { stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { hashOfFile, inTurn, patiently } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What is about to sound waits no longer than this for its check: a disk that hangs is the air's business. An emergency waits for next to nothing. */
const CHECK_PATIENCE_MS = { usual: 2000, urgent: 150 };
const MOST_REMEMBERED = 5000;

/** A master as it should be. */
export interface StoredMaster {
  /** SHA-256, hex. */
  hash: string;
  path: string;
  /** Of a bulletin that has it, for whom it is told. */
  title: string;
}

interface Verdict {
  /** Size, times and inode of the file that was read: another file is another question. */
  version: string;
  isGood: boolean;
}

/**
 * Whether stored sound is still what was checked when it was made: a file that was changed or has rotted must not be aired, and nobody should
 * learn of it from the poles. What stands ready for an emergency is checked ahead, so that the emergency itself waits for nothing.
 */
export class StoredSound {
  readonly #deps: { clock: Clock; logger: Logger; events: Pick<Events, 'emit'> };
  readonly #verdicts = new Map<string, Verdict>();
  readonly #checkInTurn: (master: StoredMaster) => Promise<boolean>;

  constructor(deps: { clock: Clock; logger: Logger; events: Pick<Events, 'emit'> }) {
    this.#deps = deps;
    // One file after another: it reads beside what is on the air.
    let last: Promise<unknown> = Promise.resolve();
    this.#checkInTurn = (master) => {
      const mine = last.then(() => this.#read(master));
      last = mine.catch(() => undefined);
      return mine;
    };
  }

  /** From memory. False also for what was never checked. */
  isDamaged(hash: string): boolean {
    return this.#verdicts.get(hash)?.isGood === false;
  }

  /** @returns false when it is certain that the file is another one; a disk that does not answer is no such thing */
  async check(master: StoredMaster, haste: keyof typeof CHECK_PATIENCE_MS): Promise<boolean> {
    try {
      return await patiently(this.#checkInTurn(master), CHECK_PATIENCE_MS[haste], this.#deps.clock);
    } catch (error) {
      this.#deps.logger.warn({ hash: master.hash, error: errorText(error) }, 'stored sound could not be checked');
      return !this.isDamaged(master.hash);
    }
  }

  /** One after another, in nobody's way. */
  checkAhead = inTurn(async (): Promise<void> => {
    for (const master of this.#ahead)
      await this.#checkInTurn(master).catch((error: unknown) => this.#deps.logger.debug({ error: errorText(error) }, 'not checked ahead'));
  });
  #ahead: readonly StoredMaster[] = [];

  standReady(masters: readonly StoredMaster[]): void {
    this.#ahead = masters;
    void this.checkAhead();
  }

  async #read(master: StoredMaster): Promise<boolean> {
    const { hash, path } = master;
    const version = await versionOf(path);
    const known = this.#verdicts.get(hash);
    if (known && known.version === (version ?? '')) return known.isGood;
    const isGood = version !== undefined && (await hashOfFile(path)) === hash;
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size >= MOST_REMEMBERED && oldest !== undefined) this.#verdicts.delete(oldest);
    this.#verdicts.set(hash, { version: version ?? '', isGood });
    if (isGood !== (known?.isGood ?? true)) this.#tell(master, isGood);
    return isGood;
  }

  #tell({ hash, title }: StoredMaster, isGood: boolean): void {
    const { logger, events } = this.#deps;
    if (!isGood) logger.error({ hash }, 'stored sound is not what was stored');
    events.emit('system.condition', {
      code: 'programmes.sound_damaged',
      subject: hash,
      state: isGood ? 'cleared' : 'raised',
      ...(isGood
        ? { vi: `Tệp âm thanh của ‘${title}’ đã nguyên vẹn trở lại.`, en: `The sound file of ‘${title}’ is whole again.` }
        : {
            vi: `Tệp âm thanh của ‘${title}’ đã bị thay đổi, hỏng hoặc mất, nên sẽ không phát. Hãy tải bản tin lên lại (hoặc làm lại từ văn bản), và kiểm tra ổ đĩa.`,
            en: `The sound file of ‘${title}’ was changed, damaged or lost, and will not be aired. Upload the bulletin again (or make it from its text again), and check the disk.`,
          }),
    });
  }
}

/** undefined: there is no such file. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(path);
    return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
