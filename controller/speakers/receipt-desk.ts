import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SpeakerMetrics } from './metrics.ts';
import { faultOfReceipt, type SentBroadcast } from './receipt-check.ts';
import type { ReceiptInbox, ReceivedReceipt } from './receipt-inbox.ts';
import { TokenBucket } from './token-bucket.ts';

/** Answers what was sent of a broadcast; undefined: there was none. @throws when that can't be known now */
export type FindSent = (broadcastId: string) => Promise<SentBroadcast | undefined>;

/** A device has at most ten on the way; a few more for those that it believes lost. */
const MOST_WAITING = 25;
/** Written for one device: all that it may keep, and then about as many as the longest days need. */
const STORED = { burst: 1000, perSecond: 1 / 5 };

interface ReceiptDeskOptions {
  inbox: ReceiptInbox;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
}

interface Device {
  waiting: number;
  stored: TokenBucket;
}

/**
 * Lets only those receipts through to the store that can be true, and no more of one device than a conforming one has: whoever lies or floods harms nothing but its own row.
 */
export class ReceiptDesk {
  readonly #options: ReceiptDeskOptions;
  readonly #devices = new Map<SpeakerId, Device>();
  #find: FindSent | undefined;

  constructor(options: ReceiptDeskOptions) {
    this.#options = options;
  }

  setFindSent(find: FindSent): void {
    this.#find = find;
  }

  /** Never rejects. Two of one play may change places on the way: a final one is the last word all the same. */
  async take(received: ReceivedReceipt): Promise<void> {
    const { clock, inbox, logger } = this.#options;
    const device = this.#deviceOf(received.speakerId);
    if (device.waiting >= MOST_WAITING || device.stored.isEmpty(clock.monotonicMs()))
      return this.#refuse(received, 'later', 'too many receipts');
    device.waiting += 1;
    const held = heldBy(received, {
      stored: () => device.stored.take(clock.monotonicMs()),
      done: () => {
        device.waiting -= 1;
      },
    });
    let sent: SentBroadcast | undefined;
    try {
      if (!this.#find) throw new Error('the broadcasts are not there yet');
      sent = await this.#find(received.receipt.broadcastId);
    } catch (error) {
      logger.debug({ error: errorText(error) }, 'a receipt could not be checked');
      return this.#refuse(held, 'later', 'what was sent can’t be looked up now');
    }
    const fault = faultOfReceipt(received.receipt, received.clusterId, sent, clock.nowMs());
    if (!fault) return inbox.take(held);
    const { speakerId, receipt } = received;
    if (fault.is === 'false') logger.warn({ speakerId, broadcastId: receipt.broadcastId, why: fault.why }, 'a receipt can’t be true');
    this.#refuse(held, fault.is === 'false' ? 'never' : 'later', fault.why);
  }

  #refuse(received: ReceivedReceipt, when: 'later' | 'never', why: string): void {
    this.#options.metrics.receipt(when === 'never' ? 'refused' : 'not_stored');
    received.refuse(when, why);
  }

  /** As many as there are speakers in service: the list can't grow with what they say. */
  #deviceOf(speakerId: SpeakerId): Device {
    const known = this.#devices.get(speakerId);
    if (known) return known;
    const device = { waiting: 0, stored: new TokenBucket({ ...STORED, nowMs: this.#options.clock.monotonicMs() }) };
    this.#devices.set(speakerId, device);
    return device;
  }
}

/** The same receipt, that tells when it is stored and when it waits no more. */
function heldBy(received: ReceivedReceipt, tell: { stored(): void; done(): void }): ReceivedReceipt {
  return {
    ...received,
    acknowledge() {
      tell.stored();
      tell.done();
      received.acknowledge();
    },
    refuse(when, why) {
      tell.done();
      received.refuse(when, why);
    },
  };
}
