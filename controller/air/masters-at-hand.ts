import { readFile, stat } from 'node:fs/promises';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Some hours of prepared speech; a commune has minutes. */
const BYTES_MAX = 32 * 1024 * 1024;

/** Masters held in memory: what stands ready for an emergency sounds while the disk hangs. */
export class MastersAtHand {
  #logger: Logger;
  #bytes = new Map<string, Uint8Array>();
  #wanted: readonly string[] = [];
  #loading: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get(masterPath: string): Uint8Array | undefined {
    return this.#bytes.get(masterPath);
  }

  /** Reads these and forgets all others. A master's file never changes. Never rejects. */
  keep(masterPaths: readonly string[]): Promise<void> {
    this.#wanted = [...new Set(masterPaths)];
    const wanted = new Set(this.#wanted);
    for (const path of this.#bytes.keys()) if (!wanted.has(path)) this.#bytes.delete(path);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** One after the other: a disk that hangs holds one thread. */
  async #load(): Promise<void> {
    const tried = new Set<string>();
    for (;;) {
      const path = this.#wanted.find((one) => !this.#bytes.has(one) && !tried.has(one));
      if (path === undefined) return;
      tried.add(path);
      try {
        const { size } = await stat(path);
        if (this.#heldBytes() + size > BYTES_MAX) {
          this.#logger.warn({ path, sizeBytes: size }, 'there is no room in memory for all prepared emergencies; this one needs the disk');
          continue;
        }
        const bytes = await readFile(path);
        if (this.#wanted.includes(path)) this.#bytes.set(path, bytes);
      } catch (error) {
        this.#logger.warn({ path, error: errorText(error) }, 'the sound of a prepared emergency could not be read ahead');
      }
    }
  }

  #heldBytes(): number {
    let sum = 0;
    for (const { length } of this.#bytes.values()) sum += length;
    return sum;
  }
}
