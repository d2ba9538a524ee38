import { sql } from 'drizzle-orm';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import type { Receipt } from '../protocol/speaker-control.ts';
import { isDataRefusal, type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerMetrics } from './metrics.ts';

/** At the end of a broadcast all speakers hand in at once: a statement takes many together, but no more than a short turn of the event loop writes. */
const GATHER_MS = 20;
/** Written in one turn of the event loop; each may name 64 pieces. */
const BATCH = 50;
/** More than this waiting means the store can't follow; the speakers keep theirs. */
const LONGEST_QUEUE = 5000;

export interface ReceivedReceipt {
  speakerId: SpeakerId;
  clusterId: ClusterId;
  receipt: Receipt;
  /** After the commit: the speaker may forget it. */
  acknowledge(): void;
  /** Not stored; the speaker keeps it (`later`) or has to give it up (`never`). */
  refuse(when: 'later' | 'never', why: string): void;
}

interface InboxOptions {
  store: Store;
  events: Events;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
}

/** Takes receipts, stores them, and only then lets them be acknowledged. */
export class ReceiptInbox {
  readonly #options: InboxOptions;
  #queue: ReceivedReceipt[] = [];
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #failing = false;
  #closed = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  take(received: ReceivedReceipt): void {
    if (this.#closed || this.#queue.length >= LONGEST_QUEUE) {
      this.#options.metrics.receipt('not_stored');
      received.refuse('later', 'receipts wait for the database');
      return;
    }
    this.#queue.push(received);
    const { speakerId, clusterId, receipt } = received;
    this.#options.events.emit('receipt.arrived', { speakerId, clusterId, receipt });
    this.#timer ??= this.#options.clock.after('receipts gather', GATHER_MS, () => void this.flush());
  }

  /** Resolves when everything that waited is stored or refused. Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    await this.flush();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, BATCH);
      this.#queue = this.#queue.slice(BATCH);
      try {
        await this.#store(batch);
      } catch (error) {
        if (isDataRefusal(error) && batch.length > 1) await this.#oneByOne(batch);
        else this.#notStored(batch, error);
      }
    }
  }

  /** One receipt that can't be stored must not hold back the others. */
  async #oneByOne(batch: readonly ReceivedReceipt[]): Promise<void> {
    for (const received of batch) {
      try {
        await this.#store([received]);
      } catch (error) {
        this.#notStored([received], error);
      }
    }
  }

  async #store(batch: readonly ReceivedReceipt[]): Promise<void> {
    const { receipts } = schema;
    const receivedAt = new Date(this.#options.clock.nowMs());
    const rows = newestOfEach(batch).map(({ speakerId, clusterId, receipt }) => ({
      id: receipt.receiptId,
      broadcastId: receipt.broadcastId,
      speakerId,
      clusterId,
      channelId: receipt.channelId,
      receivedAt,
      firstSoundAt: new Date(receipt.firstSoundAtMs),
      lastSoundAt: new Date(receipt.lastSoundAtMs),
      playedMs: receipt.playedMs,
      concealedMs: receipt.concealedMs,
      mutedMs: receipt.mutedMs,
      final: receipt.final,
      receipt,
    }));
    await this.#options.store.db
      .insert(receipts)
      .values(rows)
      .onConflictDoUpdate({
        target: [receipts.speakerId, receipts.broadcastId, receipts.channelId, receipts.firstSoundAt],
        set: {
          id: sql`excluded.id`,
          receivedAt: sql`excluded.received_at`,
          lastSoundAt: sql`excluded.last_sound_at`,
          playedMs: sql`excluded.played_ms`,
          concealedMs: sql`excluded.concealed_ms`,
          mutedMs: sql`excluded.muted_ms`,
          final: sql`excluded.final`,
          receipt: sql`excluded.receipt`,
        },
        // A final receipt is the last word; a late interim one changes nothing.
        setWhere: sql`excluded.final or not ${receipts.final}`,
      });
    this.#stored(batch);
  }

  #stored(batch: readonly ReceivedReceipt[]): void {
    if (this.#failing) this.#condition('cleared');
    for (const received of batch) {
      this.#options.metrics.receipt('stored');
      received.acknowledge();
      const { speakerId, clusterId, receipt } = received;
      this.#options.events.emit('speaker.receipt', { speakerId, clusterId, receipt });
    }
  }

  #notStored(batch: readonly ReceivedReceipt[], error: unknown): void {
    const hopeless = isDataRefusal(error);
    this.#options.logger.warn({ error: errorText(error), receipts: batch.length, hopeless }, 'receipts could not be stored');
    if (!hopeless && !this.#failing) this.#condition('raised');
    for (const received of batch) {
      this.#options.metrics.receipt(hopeless ? 'refused' : 'not_stored');
      if (hopeless) received.refuse('never', 'the receipt conflicts with another');
      else received.refuse('later', 'the database does not take receipts now');
    }
  }

  #condition(state: 'raised' | 'cleared'): void {
    this.#failing = state === 'raised';
    this.#options.events.emit('system.condition', {
      code: 'receipts_not_stored',
      state,
      ...(state === 'raised'
        ? {
            vi: 'Chưa ghi được biên nhận phát của loa: cơ sở dữ liệu không hoạt động. Loa giữ lại và sẽ gửi lại.',
            en: 'Receipts of the speakers can’t be stored: the database does not work. The speakers keep them and send them again.',
          }
        : {
            vi: 'Có lúc chưa ghi được biên nhận phát của loa; nay đã ghi được, loa gửi lại những biên nhận đã giữ.',
            en: 'For a while receipts of the speakers could not be stored; they can again, and the speakers send those that they kept.',
          }),
    });
  }
}

/** One statement may touch a row once: of several receipts for the same play the final, else the last, counts. */
function newestOfEach(batch: readonly ReceivedReceipt[]): ReceivedReceipt[] {
  const newest = new Map<string, ReceivedReceipt>();
  for (const received of batch) {
    const { broadcastId, channelId, firstSoundAtMs } = received.receipt;
    // As the store cuts it: whole milliseconds.
    const key = `${received.speakerId} ${broadcastId} ${channelId} ${Math.trunc(firstSoundAtMs)}`;
    const before = newest.get(key);
    if (!before || received.receipt.final || !before.receipt.final) newest.set(key, received);
  }
  return [...newest.values()];
}
