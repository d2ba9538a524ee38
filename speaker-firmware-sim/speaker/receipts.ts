import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Receipt, receipt as receiptSchema } from '../../controller/protocol/speaker-control.ts';
import type { Channel } from './channel.ts';
import { newest } from './level-log.ts';
import type { PlaySession } from './play-session.ts';

const MOST_KEPT = 500;

/**
 * Receipts that the controller has not acknowledged. They outlive restarts and cuts: the file is replaced as a whole, so that a power cut leaves either the
 * old or the new list. When storage is full (a fault) they live in memory alone.
 */
export class ReceiptBook {
  readonly #file: string | undefined;
  readonly #pending = new Map<string, Receipt>();
  storageFull = false;
  writeFailures = 0;
  /** Receipts dropped because more than the device can keep were unacknowledged. */
  dropped = 0;

  /** No file: memory only. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Reads what an earlier run left; a damaged entry is dropped and counted, never the whole file. */
  load(): void {
    if (!this.#file) return;
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.writeFailures++;
      return;
    }
    for (const line of text.split('\n')) {
      if (!line) continue;
      try {
        const kept = receiptSchema.parse(JSON.parse(line));
        this.#pending.set(kept.receiptId, kept);
      } catch {
        this.dropped++;
      }
    }
  }

  get pending(): readonly Receipt[] {
    return [...this.#pending.values()];
  }
  get size(): number {
    return this.#pending.size;
  }

  /** Makes the receipt of a session, keeps it, and returns it for sending; undefined when there is nothing to tell. */
  write(session: PlaySession, channel: Channel, final: boolean): Receipt | undefined {
    const made = session.receipt(randomUUID(), channel.counts, channel.packetsLate, final);
    if (!made) return undefined;
    for (const [id, kept] of this.#pending) {
      if (!isSamePlay(kept, made) || kept.final) continue;
      this.#pending.delete(id);
      // Its levels were perhaps told to nobody.
      made.levels = newest([...(kept.levels ?? []), ...(made.levels ?? [])]);
    }
    if (this.#pending.size >= MOST_KEPT) {
      this.#pending.delete(this.#pending.keys().next().value as string);
      this.dropped++;
    }
    this.#pending.set(made.receiptId, made);
    this.#save();
    return made;
  }

  acknowledge(receiptId: string): boolean {
    if (!this.#pending.delete(receiptId)) return false;
    this.#save();
    return true;
  }

  #save(): void {
    if (!this.#file || this.storageFull) return;
    try {
      const lines = [...this.#pending.values()].map((kept) => `${JSON.stringify(kept)}\n`);
      writeFileSync(`${this.#file}.new`, lines.join(''), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      this.writeFailures++;
    }
  }
}

/** Before a power cut or a leaving, and after: two plays, and both count. */
function isSamePlay(a: Receipt, b: Receipt): boolean {
  return a.broadcastId === b.broadcastId && a.channelId === b.channelId && a.firstSoundAtMs === b.firstSoundAtMs;
}
