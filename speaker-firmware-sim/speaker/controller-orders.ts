import type { SpeakerConfig } from '../../controller/protocol/speaker-control.ts';
import type { Clock } from '../clock.ts';
import type { ChannelSet } from './channel-set.ts';
import type { ControllerMessage } from './control-channel.ts';
import type { MediaReceiver } from './media-receiver.ts';
import type { MediaRequests } from './media-requests.ts';
import type { Playout } from './playout.ts';
import type { ReceiptDesk } from './receipt-desk.ts';

export const FAMILIES = ['ipv4', 'ipv6'] as const;

interface Parts {
  speakerId: string;
  clock: Clock;
  channels: ChannelSet;
  playout: Playout;
  receiver: MediaReceiver;
  media: MediaRequests;
  receipts: ReceiptDesk;
  log(level: 'info' | 'warn', message: string): void;
}

/** Does what the controller says on the control channel. */
export class ControllerOrders {
  readonly #parts: Parts;
  clusterName = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  follow(message: ControllerMessage): void {
    const { channels, receiver, media, receipts, clock, speakerId, log } = this.#parts;
    switch (message.type) {
      case 'welcome':
        this.clusterName = message.clusterName;
        this.#configure(message.config);
        return;
      case 'config':
        this.#configure(message.config);
        return;
      case 'media.setup':
        media.granted();
        channels.replaceAll(message.grant.channels);
        receiver.setup(message.grant, FAMILIES).catch((error: Error) => {
          log('warn', `${speakerId} has no media path: ${error.message}`);
          media.failed();
        });
        return;
      case 'channel.open':
        channels.open(message.channel);
        receiver.adoptStrays();
        return;
      case 'channel.change':
        channels.change(message);
        return;
      case 'channel.close':
        channels.close(message.channelId, message.immediately);
        return;
      case 'receipt.ack':
        receipts.acknowledged(message.receiptId, clock.nowMs());
    }
  }

  #configure(config: SpeakerConfig): void {
    const { playout, receiver } = this.#parts;
    playout.loudness.settings = config;
    playout.alignDelayMs = config.alignDelayMs;
    receiver.setPilotPeriod(config.pilotPeriodMs);
  }
}
