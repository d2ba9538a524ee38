import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { ClusterId, SpeakerId } from '../protocol/ids.ts';
import type { Receipt } from '../protocol/speaker-control.ts';
import { BoundedQueue, Outbox, type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerMetrics } from './metrics.ts';

/** At the end of a broadcast all speakers hand in at once: a statement takes many together, but no more than a short turn of the event loop writes. */
const GATHER_MS = 20;
/** Written in one turn of the event loop; each may name 64 pieces. */
const BATCH = 50;
/** More than this waiting means the store can't follow; the speakers keep theirs. */
const LONGEST_QUEUE = 5000;
const CLOSE_PATIENCE_MS = 3000;
/** Levels of one row: about two hours. What is played longer has levels for its beginning. */
const LEVELS_KEPT_MAX_CHARS = 32_768;

/** All that is stored of one. */
export interface StorableReceipt {
  speakerId: SpeakerId;
  clusterId: ClusterId;
  receipt: Receipt;
}

export interface ReceivedReceipt extends StorableReceipt {
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
  readonly #queue = new BoundedQueue<ReceivedReceipt>({ most: LONGEST_QUEUE, batch: BATCH });
  readonly #outbox: Outbox<ReceivedReceipt>;
  #failing = false;
  #closed = false;

  constructor(options: InboxOptions) {
    const { clock, logger, store } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      name: 'receipts',
      gatherMs: GATHER_MS,
      ...{ clock, logger, queue: this.#queue, quarantine: store.quarantine },
      write: (batch) => writeReceipts(store, batch, clock.nowMs()),
      onWritten: (batch) => this.#stored(batch),
      onSetAside: ({ entry }) => this.#refused(entry),
      giveBack: (received) => this.#notStored(received),
      onFailure: (failure) => this.#tell(failure !== undefined),
    });
  }

  take(received: ReceivedReceipt): void {
    if (this.#closed || this.#queue.isFull) {
      this.#options.metrics.receipt('not_stored');
      received.refuse('later', 'receipts wait for the database');
      return;
    }
    this.#queue.add(received);
    const { speakerId, clusterId, receipt } = received;
    this.#options.events.emit('receipt.arrived', { speakerId, clusterId, receipt });
    this.#outbox.added();
  }

  /** Resolves when everything that waited is stored or refused. Never rejects. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    await this.#outbox.close(CLOSE_PATIENCE_MS);
  }

  #stored(batch: readonly ReceivedReceipt[]): void {
    for (const received of batch) {
      this.#options.metrics.receipt('stored');
      received.acknowledge();
      const { speakerId, clusterId, receipt } = received;
      this.#options.events.emit('speaker.receipt', { speakerId, clusterId, receipt });
    }
  }

  /** The speaker keeps it, and nobody else need. */
  #notStored(received: ReceivedReceipt): boolean {
    this.#options.metrics.receipt('not_stored');
    received.refuse('later', 'the database does not take receipts now');
    return true;
  }

  #refused(received: ReceivedReceipt): unknown {
    const { speakerId, clusterId, receipt } = received;
    this.#options.metrics.receipt('refused');
    received.refuse('never', 'the receipt conflicts with another');
    return { speakerId, clusterId, receipt };
  }

  #tell(isFailing: boolean): void {
    if (this.#failing === isFailing) return;
    this.#failing = isFailing;
    this.#options.events.emit('system.condition', {
      code: 'receipts_not_stored',
      state: isFailing ? 'raised' : 'cleared',
      ...(isFailing
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

/** Twice is once. */
export async function writeReceipts(store: Store, batch: readonly StorableReceipt[], nowMs: number): Promise<void> {
  const { receipts } = schema;
  const receivedAt = new Date(nowMs);
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
  await store.db
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
        receipt: withAllLevels,
      },
      // A final receipt is the last word; a late interim one changes nothing.
      setWhere: sql`excluded.final or not ${receipts.final}`,
    });
}

/** A receipt tells the levels that were not told before: the row gathers them, as long as it is not too long. */
const { receipts: table } = schema;
const withAllLevels = sql`excluded.receipt || jsonb_strip_nulls(jsonb_build_object('levels', case
  when ${table.receipt}->'levels' is null then excluded.receipt->'levels'
  when ${table.id} = excluded.id or excluded.receipt->'levels' is null or length(${table.receipt}->>'levels') > ${LEVELS_KEPT_MAX_CHARS}
    then ${table.receipt}->'levels'
  else (${table.receipt}->'levels') || (excluded.receipt->'levels') end))`;

/** One statement may touch a row once: of several receipts for the same play the final, else the last, counts. */
function newestOfEach(batch: readonly StorableReceipt[]): StorableReceipt[] {
  const newest = new Map<string, StorableReceipt>();
  for (const received of batch) {
    const { broadcastId, channelId, firstSoundAtMs } = received.receipt;
    // As the store cuts it: whole milliseconds.
    const key = `${received.speakerId} ${broadcastId} ${channelId} ${Math.trunc(firstSoundAtMs)}`;
    const before = newest.get(key);
    if (!before || received.receipt.final || !before.receipt.final) newest.set(key, before ? withLevelsOf(before, received) : received);
  }
  return [...newest.values()];
}

function withLevelsOf(before: StorableReceipt, received: StorableReceipt): StorableReceipt {
  if (before.receipt.receiptId === received.receipt.receiptId || !before.receipt.levels) return received;
  return { ...received, receipt: { ...received.receipt, levels: [...before.receipt.levels, ...(received.receipt.levels ?? [])] } };
}
