import type { Receipt } from '../../controller/protocol/speaker-control.ts';
import type { Channel } from './channel.ts';
import type { PlaySession } from './play-session.ts';
import { ReceiptOutbox } from './receipt-outbox.ts';
import { ReceiptBook } from './receipts.ts';

/** Long broadcasts are told of while they run, so that a power cut does not swallow an hour. */
const INTERIM_MS = 60_000;

/** From what was played to what the controller has acknowledged: writes receipts, keeps them, sends them. */
export class ReceiptDesk {
  #book = new ReceiptBook(undefined);
  readonly #outbox: ReceiptOutbox;
  /** The power is gone and nothing more can be written: the last interim receipt is what remains. */
  dead = false;

  /** `send` answers the message's sequence number, or undefined without a connection. */
  constructor(send: (receipt: Receipt) => number | undefined) {
    this.#outbox = new ReceiptOutbox(this.#book, send);
  }

  get size(): number {
    return this.#book.size;
  }

  /** A boot: reads what an earlier life left. */
  load(file: string): void {
    this.#book = new ReceiptBook(file);
    this.#book.load();
    this.#outbox.setBook(this.#book);
  }

  setStorageFull(full: boolean): void {
    this.#book.storageFull = full;
  }

  write(channel: Channel, session: PlaySession, final: boolean, nowMs: number): void {
    if (this.dead) return;
    this.#book.write(session, channel, final);
    this.#outbox.pump(nowMs);
  }

  /** Called now and then: interim receipts, and those whose acknowledgement did not come. */
  tick(channels: readonly Channel[], nowMs: number, beforeWriting: (session: PlaySession) => void): void {
    for (const channel of channels) {
      const { session } = channel;
      if (!session?.sounded) continue;
      if (session.lastInterimAtMs === 0) session.lastInterimAtMs = nowMs;
      if (nowMs - session.lastInterimAtMs < INTERIM_MS) continue;
      session.lastInterimAtMs = nowMs;
      beforeWriting(session);
      this.write(channel, session, false, nowMs);
    }
    this.#outbox.pump(nowMs);
  }

  connected(nowMs: number): void {
    this.#outbox.connected();
    this.#outbox.pump(nowMs);
  }

  acknowledged(receiptId: string, nowMs: number): void {
    this.#outbox.acknowledged(receiptId);
    this.#outbox.pump(nowMs);
  }

  /** The controller can never store it. */
  malformed(toSeq: number): void {
    this.#outbox.malformed(toSeq);
  }
}
