import type { SentStretch } from '../../protocol/sent-sound.ts';
import type { LevelChunk, Receipt } from '../../protocol/speaker-control.ts';
import type { ReceiptFigures } from '../heard.ts';
import { type SentSeconds, sentSecondsOf } from '../levels.ts';

/** Of one pole; more have only those that come and go all the time, or lie. The newest count. */
const PLAYS_MAX = 50;
/** Of one play: about two hours of a minute's receipts, as in the store. */
const CHUNKS_MAX = 128;

interface Shelved {
  /** By cluster and first sound. */
  poles: Map<string, Map<number, ReceiptFigures>>;
  sent: SentStretch[];
  /** Made of `sent` when asked for. */
  seconds: SentSeconds | undefined;
  /** Counts what was put here: while it stays, nothing has to be judged anew. */
  revision: number;
}

/** What was sent of a broadcast, and what the poles say of it. */
export interface Told {
  receipts: ReadonlyMap<string, readonly ReceiptFigures[]>;
  seconds: SentSeconds;
  revision: number;
}

/**
 * The receipts of the emergencies that may have to be made up, as the speakers hand them in, beside what was sent: what was missed must be known also while the
 * store does not take them. As in the store, a later receipt of the same play replaces the earlier one but for its levels, and a final one stays.
 */
export class ReceiptShelf {
  #broadcasts = new Map<string, Shelved>();

  /** Receipts of this broadcast are wanted from now on. */
  expect(broadcastId: string): void {
    if (this.#broadcasts.has(broadcastId)) return;
    this.#broadcasts.set(broadcastId, { poles: new Map(), sent: [], seconds: undefined, revision: 0 });
  }

  forget(broadcastId: string): void {
    this.#broadcasts.delete(broadcastId);
  }

  /** So loud it was. */
  noteSent(broadcastId: string, stretch: SentStretch): void {
    const shelved = this.#broadcasts.get(broadcastId);
    if (!shelved) return;
    shelved.sent.push(stretch);
    shelved.seconds = undefined;
    shelved.revision += 1;
  }

  /** Answers whether it was wanted. */
  put(broadcastId: string, figures: ReceiptFigures): boolean {
    const shelved = this.#broadcasts.get(broadcastId);
    if (!shelved) return false;
    const plays = shelved.poles.get(figures.clusterId) ?? new Map<number, ReceiptFigures>();
    shelved.poles.set(figures.clusterId, plays);
    // As the store cuts it: whole milliseconds. A broadcast has one channel.
    const play = Math.trunc(figures.firstSoundAtMs);
    const before = plays.get(play);
    if (before?.final && !figures.final) return true;
    plays.set(play, before ? { ...figures, levels: gathered(before.levels, figures.levels) } : figures);
    const [oldest] = plays.keys();
    if (plays.size > PLAYS_MAX && oldest !== undefined) plays.delete(oldest);
    shelved.revision += 1;
    return true;
  }

  of(broadcastId: string): Told {
    const shelved = this.#broadcasts.get(broadcastId);
    if (!shelved) return { receipts: new Map(), seconds: [], revision: 0 };
    shelved.seconds ??= sentSecondsOf(shelved.sent);
    const receipts = new Map([...shelved.poles].map(([clusterId, plays]) => [clusterId, [...plays.values()]]));
    return { receipts, seconds: shelved.seconds, revision: shelved.revision };
  }
}

export function figuresOf(clusterId: string, receipt: Receipt): ReceiptFigures {
  const { firstSoundAtMs, lastSoundAtMs, playedMs, concealedMs, mutedByConfigMs, amplifierOk, heard, final } = receipt;
  const { amplifierCurrentMa: currentMa, levels } = receipt;
  return { clusterId, firstSoundAtMs, lastSoundAtMs, playedMs, concealedMs, mutedByConfigMs, amplifierOk, currentMa, levels, heard, final };
}

/** A receipt tells the seconds that were not told before; what is told once more, perhaps with some beside it, takes its own place. */
function gathered(before: readonly LevelChunk[] = [], told: readonly LevelChunk[] = []): LevelChunk[] {
  const byStart = new Map(before.map((chunk) => [chunk.fromMs, chunk]));
  for (const chunk of told) {
    const known = byStart.get(chunk.fromMs);
    if (!known || known.db.length < chunk.db.length) byStart.set(chunk.fromMs, chunk);
  }
  return [...byStart.values()].slice(0, CHUNKS_MAX);
}
