import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ClaimCode } from '../../controller/protocol/enrolment.ts';
import type { FaultCode } from '../../controller/protocol/speaker-state.ts';
import type { Clock } from '../clock.ts';
import type { HornRecorder } from '../listen/horn-recorder.ts';
import { Link } from '../network/link.ts';
import type { TimerWheel } from '../network/timer-wheel.ts';
import type { Random } from '../random.ts';
import type { PacketCounts } from '../report/packet-counts.ts';
import type { SpeakerMeasurements } from '../report/speaker-measurements.ts';
import { Amplifier } from './amplifier.ts';
import type { Channel } from './channel.ts';
import { ChannelSet } from './channel-set.ts';
import { ClockSync } from './clock-sync.ts';
import { ControlChannel } from './control-channel.ts';
import { ControlConnection } from './control-connection.ts';
import { ControllerOrders, FAMILIES } from './controller-orders.ts';
import { DecoderRack } from './decoder-rack.ts';
import type { IdentityStore } from './identity.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { MediaReceiver } from './media-receiver.ts';
import { MediaRequests } from './media-requests.ts';
import { Oscillator } from './oscillator.ts';
import type { PlaySession } from './play-session.ts';
import { BLOCK_MS, Playout } from './playout.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import { SelfReport } from './self-report.ts';
import { type Surroundings, TelemetryReport } from './telemetry.ts';

export const FIRMWARE_VERSION = 'sim-1.0.0';
const MODEL = 'loa-xa-sim';
const AMPLIFIER_PERIOD_MS = 250;

export interface SpeakerOptions {
  claim: ClaimCode | undefined;
  speakerId: string;
  hamletId: string;
  identities: IdentityStore;
  clock: Clock;
  random: Random;
  wheel: TimerWheel;
  driftPpm: number;
  wanderPpm: number;
  horns: number;
  wakeUpMs: number;
  battery: boolean;
  decode: boolean;
  recorder: HornRecorder | undefined;
  measurements: SpeakerMeasurements;
  log(level: 'info' | 'warn', message: string): void;
}

/** What a stuck firmware still does: `playout` beats on but plays nothing, `everything` is silent on a socket that stays open. */
export type Stuck = 'no' | 'playout' | 'everything';

/** One simulated speaker: identity, clock, control channel, media path, playout, power stage, and its faults. */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly speakerId: string;
  readonly hamletId: string;
  readonly link: Link;
  readonly oscillator: Oscillator;
  readonly sync = new ClockSync();
  readonly amplifier: Amplifier;
  readonly channels: ChannelSet;
  readonly playout: Playout;
  readonly receiver: MediaReceiver;
  readonly measurements: SpeakerMeasurements;
  readonly #control: ControlChannel;
  readonly #telemetry: TelemetryReport;
  readonly #rack: DecoderRack | undefined;
  readonly #report: SelfReport;
  readonly #media: MediaRequests;
  readonly #receipts: ReceiptDesk;
  readonly #identity: IdentityKeeper;
  readonly #orders: ControllerOrders;
  #on = false;
  #closed = false;
  #stuck: Stuck = 'no';
  #bootId = randomUUID();
  #bootedAtMs = 0;
  #lastAmplifierMs = 0;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.speakerId = options.speakerId;
    this.hamletId = options.hamletId;
    this.measurements = options.measurements;
    const { clock, random, wheel } = options;
    this.link = new Link(random.fork('link'));
    this.oscillator = new Oscillator({
      driftPpm: options.driftPpm,
      wanderPpm: options.wanderPpm,
      offsetMs: (random.next() - 0.5) * 4000,
      startTrueMs: clock.nowMs(),
      random: random.fork('oscillator'),
    });
    this.amplifier = new Amplifier(options.horns, options.wakeUpMs);
    this.#report = new SelfReport((code, state, detail) => {
      this.#control.send({ type: 'fault', code, state, ...(detail === undefined ? {} : { detail }) });
    });
    if (options.battery) this.surroundings.batteryPercent = 100;
    this.#media = new MediaRequests({
      clock,
      random: random.fork('media'),
      send: (body) => (this.#control.ready ? this.#control.send(body) : undefined),
    });
    this.channels = new ChannelSet({
      changed: () => this.#channelsChanged(),
      sessionEnded: (channel, session) => this.#sessionEnded(channel, session),
      closed: (channel) => this.#telemetry.retire(channel.counts),
    });
    this.#rack =
      options.decode || options.recorder ? new DecoderRack(options.recorder, () => this.#on && this.amplifier.drives) : undefined;
    this.playout = new Playout({
      oscillator: this.oscillator,
      clock: this.sync,
      sink: this.#rack,
      isAwakeAt: (trueMs) => this.amplifier.power.isAwakeAt(trueMs),
      dacPhaseMs: random.next() * BLOCK_MS,
      events: {
        playing: (channel, soundAtMs) => this.#playing(channel, soundAtMs),
        firstSound: (channel, trueMs, dueMs) => this.measurements.firstSound(channel, trueMs, dueMs),
        block: (block) => {
          this.measurements.block(block);
          if (block.coverage === 'conceal') this.#telemetry.concealedMs += BLOCK_MS;
        },
        muted: (channel) => {
          this.measurements.muted(channel, clock.nowMs());
          this.#telemetry.concealedMs += BLOCK_MS;
        },
        drained: (channel) => this.channels.drained(channel),
      },
    });
    this.receiver = new MediaReceiver({
      clock,
      link: this.link,
      wheel,
      channels: this.channels,
      cname: options.speakerId,
      ssrc: 1 + Math.floor(random.next() * 0xfffffffe),
      controllerMs: (trueMs) => this.sync.controllerMs(this.oscillator.localMs(trueMs)),
      roundTripMs: () => this.sync.typicalRoundTripMs,
      alignDelayMs: () => this.playout.alignDelayMs,
      controlHeardMs: () => this.#control.heardMs,
      askForSign: () => this.#control.probe(),
      onPathLost: () => this.#media.ask('path_lost'),
      onPathOpen: () => this.#media.pathOpened(),
      onFlow: () => this.#control.beatSoon(),
    });
    this.#telemetry = new TelemetryReport({
      amplifier: this.amplifier,
      channels: this.channels,
      sync: this.sync,
      receiver: this.receiver,
      playout: this.playout,
    });
    this.#receipts = new ReceiptDesk((receipt) => (this.#control.ready ? this.#control.send({ type: 'receipt', receipt }) : undefined));
    this.#orders = new ControllerOrders({
      speakerId: this.speakerId,
      clock,
      channels: this.channels,
      playout: this.playout,
      receiver: this.receiver,
      media: this.#media,
      receipts: this.#receipts,
      log: options.log,
    });
    this.#identity = new IdentityKeeper({
      ...options,
      device: { model: MODEL, firmware: FIRMWARE_VERSION },
      onReady: () => this.#control.start(),
    });
    this.#control = new ControlChannel({
      clock,
      random: random.fork('control'),
      oscillator: this.oscillator,
      sync: this.sync,
      dial: (events) =>
        new ControlConnection({
          identity: this.#identity.identity,
          credentials: this.#identity.credentials,
          ticket: this.#identity.ticket,
          clock,
          link: this.link,
          wheel,
          events,
        }),
      hello: () => ({
        speakerId: this.speakerId,
        firmware: FIRMWARE_VERSION,
        model: MODEL,
        bootId: this.#bootId,
        uptimeS: this.#uptimeS(),
        horns: options.horns,
        wakeUpMs: options.wakeUpMs,
        families: [...FAMILIES],
        pendingReceipts: this.#receipts.size,
      }),
      telemetry: () => this.#telemetry.read(this.oscillator.localMs(clock.nowMs()), this.#uptimeS(), this.surroundings),
      events: {
        connected: () => this.#connected(),
        disconnected: (reason, code) => options.log('info', `${this.speakerId} disconnected: ${reason}${code ? ` (${code})` : ''}`),
        // While it says goodbye a grant may still arrive: its socket would never be closed.
        message: (message) => (this.#closed ? undefined : this.#orders.follow(message)),
        refusedByController: (code, toSeq) => {
          if (code === 'malformed') this.#receipts.malformed(toSeq);
          else if (code === 'unavailable' || code === 'rate_limited') this.#media.refused(toSeq);
        },
      },
    });
  }

  get surroundings(): Surroundings {
    return this.#report.surroundings;
  }
  get clusterName(): string {
    return this.#orders.clusterName;
  }
  get connected(): boolean {
    return this.#control.ready;
  }
  get receiving(): boolean {
    return this.receiver.pathOpen && this.#on;
  }
  get powered(): boolean {
    return this.#on;
  }
  get pendingReceipts(): number {
    return this.#receipts.size;
  }
  /** Since it was made, whatever became of the channels. */
  get packets(): PacketCounts {
    return { ...this.receiver.counts, ...this.#telemetry.fates };
  }
  get enrolments(): number {
    return this.#identity.enrolments;
  }
  get rejectedMessages(): number {
    return [...this.#control.rejected.values()].reduce((sum, count) => sum + count, 0);
  }

  /** True error of the device's idea of controller time now; undefined before it has one. */
  trueClockErrorMs(trueNowMs: number): number | undefined {
    const controllerMs = this.sync.controllerMs(this.oscillator.localMs(trueNowMs));
    return controllerMs === undefined ? undefined : controllerMs - trueNowMs;
  }

  /** Boots: enrols if it never did, connects. Resolves when the identity is there; the connection comes up by itself. */
  async powerOn(): Promise<void> {
    if (this.#on || this.#closed) return;
    this.#on = true;
    this.#bootId = randomUUID();
    this.#bootedAtMs = this.#options.clock.nowMs();
    this.surroundings.mains = true;
    this.#receipts.load(join(this.#options.identities.folder(this.speakerId), 'receipts.jsonl'));
    await this.#identity.start();
  }

  /** Power cut. With a battery the device has time for a last word; without one it just goes. */
  powerOff(): void {
    if (!this.#on) return;
    const lastGasp = this.#report.lastGasp();
    this.#on = false;
    this.amplifier.power.cut();
    // Without a battery nothing more gets written: the last interim receipt is what remains.
    this.#receipts.dead = !lastGasp || this.#stuck === 'everything';
    this.#media.forget();
    this.#identity.stop();
    this.channels.clear();
    this.#receipts.dead = false;
    this.playout.halt();
    this.receiver.close();
    this.sync.reset();
    this.#telemetry.forget();
    this.#control.stop(false);
    this.setStuck('no'); // Whatever hangs, a boot ends it.
  }

  /** Mains lost and back, on battery: it plays on. */
  setMains(mains: boolean): void {
    this.#report.setMains(mains);
  }

  setStuck(stuck: Stuck): void {
    this.#stuck = stuck;
    this.#control.frozen = stuck === 'everything';
    this.receiver.deaf = stuck !== 'no';
    if (stuck !== 'no') this.playout.halt();
  }

  setStorageFull(full: boolean): void {
    this.surroundings.storageFull = full;
    this.#receipts.setStorageFull(full);
    this.reportFault('storage_full', full ? 'raised' : 'cleared');
  }

  reportFault(code: FaultCode, state: 'raised' | 'cleared', detail?: string): void {
    this.#report.report(code, state, detail);
  }

  /** Ten milliseconds of a device's life. */
  tick(trueNowMs: number): void {
    if (!this.#on || this.#stuck !== 'no') return;
    this.receiver.tick(trueNowMs);
    this.amplifier.power.tick(trueNowMs, this.channels.expectSound);
    this.playout.pump(trueNowMs);
    if (trueNowMs - this.#lastAmplifierMs < AMPLIFIER_PERIOD_MS) return;
    this.#lastAmplifierMs = trueNowMs;
    this.amplifier.update(trueNowMs, this.playout.levelDb);
    this.#judgeAmplifier(this.playout.winner?.session);
    this.#control.setActive(this.channels.active);
    this.#receipts.tick(this.channels.list, trueNowMs, (session) => this.#judgeAmplifier(session));
  }

  /** Ends everything; `politely` says goodbye to the controller. */
  close(politely: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.channels.clear();
    this.#media.forget();
    this.#identity.stop();
    this.receiver.close();
    if (politely) this.#control.stop(true);
    else this.#control.discard();
    this.#on = false;
    this.#rack?.close();
  }

  discardSockets(): void {
    this.#control.discard();
  }

  #uptimeS(): number {
    return (this.#options.clock.nowMs() - this.#bootedAtMs) / 1000;
  }

  #connected(): void {
    this.#report.restate();
    this.#media.connected();
    this.#receipts.connected(this.#options.clock.nowMs());
  }

  #channelsChanged(): void {
    const list = this.channels.list;
    this.playout.setChannels(list);
    this.#rack?.provide(list);
    this.#control.setActive(this.channels.active);
  }

  #playing(channel: Channel | null, soundAtMs: number): void {
    this.#control.send({
      type: 'playing',
      channelId: channel?.description.channelId ?? null,
      broadcastId: channel?.session?.broadcastId ?? channel?.description.broadcastId ?? null,
      soundAtMs,
    });
    this.#control.setActive(this.channels.active);
  }

  #sessionEnded(channel: Channel, session: PlaySession): void {
    this.#judgeAmplifier(session);
    this.measurements.sessionEnded(channel, session);
    this.#receipts.write(channel, session, true, this.#options.clock.nowMs());
  }

  #judgeAmplifier(session: PlaySession | undefined): void {
    session?.addAmplifier(this.amplifier, this.playout.programmeDb);
  }
}
