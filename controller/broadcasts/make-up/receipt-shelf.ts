import type { Receipt } from '../../protocol/speaker-control.ts';
import type { ReceiptFigures } from '../outcomes.ts';

/**
 * The receipts of the emergencies that may have to be made up, as the speakers hand them in: what was missed must be known also while the
 * store does not take them. As in the store, a later receipt of the same play replaces the earlier one, and a final one stays.
 */
export class ReceiptShelf {
  #broadcasts = new Map<string, Map<string, ReceiptFigures>>();

  /** Receipts of this broadcast are wanted from now on. */
  expect(broadcastId: string): void {
    if (!this.#broadcasts.has(broadcastId)) this.#broadcasts.set(broadcastId, new Map());
  }

  forget(broadcastId: string): void {
    this.#broadcasts.delete(broadcastId);
  }

  /** Answers whether it was wanted. */
  put(broadcastId: string, figures: ReceiptFigures): boolean {
    const plays = this.#broadcasts.get(broadcastId);
    if (!plays) return false;
    // As the store cuts it: whole milliseconds. A broadcast has one channel.
    const play = `${figures.clusterId} ${Math.trunc(figures.firstSoundAtMs)}`;
    if (figures.final || !plays.get(play)?.final) plays.set(play, figures);
    return true;
  }

  of(broadcastId: string): ReceiptFigures[] {
    return [...(this.#broadcasts.get(broadcastId)?.values() ?? [])];
  }
}

export function figuresOf(clusterId: string, receipt: Receipt): ReceiptFigures {
  const { firstSoundAtMs, lastSoundAtMs, playedMs, concealedMs, mutedByConfigMs, amplifierOk, heard, final } = receipt;
  return { clusterId, firstSoundAtMs, lastSoundAtMs, playedMs, concealedMs, mutedByConfigMs, amplifierOk, heard, final };
}
