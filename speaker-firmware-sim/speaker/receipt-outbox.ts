import type { Receipt } from '../../controller/protocol/speaker-control.ts';
import type { ReceiptBook } from './receipts.ts';

/** Receipts on their way at a time, and the pause before one is told again (protocol, section 10). */
const MOST_ON_THE_WAY = 10;
const AGAIN_AFTER_MS = 5000;

/** Sends kept receipts until each is acknowledged: a few at a time, again after a pause, and all anew on a new connection. */
export class ReceiptOutbox {
  readonly #send: (receipt: Receipt) => number | undefined;
  #book: ReceiptBook;
  readonly #sentAtMs = new Map<string, number>();
  readonly #bySeq = new Map<number, string>();

  constructor(book: ReceiptBook, send: (receipt: Receipt) => number | undefined) {
    this.#book = book;
    this.#send = send;
  }

  /** A new life of the device reads its receipts from storage. */
  setBook(book: ReceiptBook): void {
    this.#book = book;
    this.connected();
  }

  /** Sequence numbers begin anew with each connection, and nothing is on its way any more. */
  connected(): void {
    this.#sentAtMs.clear();
    this.#bySeq.clear();
  }

  pump(nowMs: number): void {
    if (this.#book.size === 0) return;
    let onTheWay = 0;
    for (const sentAtMs of this.#sentAtMs.values()) if (nowMs - sentAtMs < AGAIN_AFTER_MS) onTheWay++;
    for (const receipt of this.#book.pending) {
      if (onTheWay >= MOST_ON_THE_WAY) return;
      if (nowMs - (this.#sentAtMs.get(receipt.receiptId) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) continue;
      const seq = this.#send(receipt);
      if (seq === undefined) return;
      this.#sentAtMs.set(receipt.receiptId, nowMs);
      this.#bySeq.set(seq, receipt.receiptId);
      onTheWay++;
    }
  }

  acknowledged(receiptId: string): void {
    this.#book.acknowledge(receiptId);
    this.#sentAtMs.delete(receiptId);
  }

  /** The controller can never store it: it is a defect, and sending it again would not help. True when the message was a receipt. */
  malformed(toSeq: number): boolean {
    const receiptId = this.#bySeq.get(toSeq);
    if (receiptId === undefined) return false;
    this.acknowledged(receiptId);
    return true;
  }
}
