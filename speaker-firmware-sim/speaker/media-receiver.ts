import { OPUS_CLOCK_RATE_HZ } from '../../controller/protocol/media.ts';
import type { MediaGrant } from '../../controller/protocol/speaker-control.ts';
import type { Clock } from '../clock.ts';
import { DatagramLink } from '../network/datagram-link.ts';
import type { Link } from '../network/link.ts';
import type { TimerWheel } from '../network/timer-wheel.ts';
import type { Channel } from './channel.ts';
import type { ChannelSet } from './channel-set.ts';
import { DueSound } from './due-sound.ts';
import { DAC_LEAD_MS } from './playout.ts';
import { type ReportBlock, readSenderReports, writeGenericNack, writeReceiverReport } from './rtcp.ts';
import { isRtcp, readCaptureAtMs, readRtpHeader } from './rtp.ts';
import { SrtpReceiver, type SrtpRefusal, SrtpSender } from './srtp.ts';

/** The path is opened by a receiver report a second until something comes, then kept open. */
const OPENING_PERIOD_MS = 1000;
const KEEPING_PERIOD_MS = 15_000;
/** Reports while a programme flows: the controller learns round trip and loss from them. */
const REPORTING_PERIOD_MS = 5000;
/** What is lost of an emergency is asked for so long after its instant: it may still be waited for. */
const PATIENT_REPAIR_MS = 1000;
const FLOWING_MS = 2000;
/** No sign on one address for so long: try the next. */
const NEXT_ADDRESS_AFTER_MS = 4000;
/** The path counts as lost after as many periods of the pilot without a packet. */
const LOST_AFTER_PILOTS = 3;
/** Packets of a channel that the control channel has not announced yet. */
const MOST_STRAYS = 64;
const STRAY_MEMORY_MS = 3000;
/** Media is only repaired where an answer can still come in time; this is spent on rendering. */
const RENDER_MARGIN_MS = DAC_LEAD_MS + 10;
const NACK_PATIENCE_MS = 5;
const DEFAULT_ROUND_TRIP_MS = 100;

export interface MediaCounts {
  received: number;
  late: number;
  duplicate: number;
  /** Not authentic, replayed, malformed, or of no known kind. */
  rejected: number;
  unplaced: number;
  nacksSent: number;
}

interface Options {
  clock: Clock;
  link: Link;
  wheel: TimerWheel;
  channels: ChannelSet;
  cname: string;
  /** SSRC of this speaker's own reports. */
  ssrc: number;
  /** Controller time as the speaker estimates it, from true time; undefined before the first exchange. */
  controllerMs(trueMs: number): number | undefined;
  roundTripMs(): number | undefined;
  alignDelayMs(): number;
  /** When something last came on the control channel, true time; undefined without a connection. */
  controlHeardMs(): number | undefined;
  /** Asks the controller for a sign of life on the control channel. */
  askForSign(): void;
  /** Nothing came for several pilot periods, or not what was due. */
  onPathLost(): void;
  onPathOpen(): void;
  /** The first RTP packet of a path: the controller should hear of it. */
  onFlow(): void;
}

interface Path {
  grant: MediaGrant;
  receiver: SrtpReceiver;
  sender: SrtpSender;
  addressIndex: number;
  addressSinceMs: number;
  open: boolean;
  /** Sound or a pilot has come. */
  flows: boolean;
  lastPacketMs: number;
  nextReportMs: number;
}

interface Stray {
  ssrc: number;
  index: number;
  packet: Buffer;
  payload: Buffer;
  arrivalMs: number;
}

/** The media path of one speaker: opens it, authenticates what comes, sorts it into channels, and asks again for what is missing. */
export class MediaReceiver {
  readonly #options: Options;
  readonly #socket: DatagramLink;
  readonly #dueSound: DueSound;
  #path: Path | undefined;
  #strays: Stray[] = [];
  #pilotPeriodMs = 10_000;
  readonly counts: MediaCounts = { received: 0, late: 0, duplicate: 0, rejected: 0, unplaced: 0, nacksSent: 0 };
  readonly rejectedBy = new Map<SrtpRefusal | 'unknown_kind', number>();
  /** Faults: firmware that no longer looks at its media, or power off. */
  deaf = false;

  constructor(options: Options) {
    this.#options = options;
    this.#socket = new DatagramLink({ ...options, handler: this });
    this.#dueSound = new DueSound(options);
  }

  setPilotPeriod(pilotPeriodMs: number): void {
    this.#pilotPeriodMs = pilotPeriodMs;
  }

  get pathOpen(): boolean {
    return this.#path?.open ?? false;
  }

  /** Adopts a grant: new keys, new path. What is buffered keeps playing. */
  async setup(grant: MediaGrant, families: readonly ('ipv4' | 'ipv6')[]): Promise<void> {
    const addresses = grant.addresses.filter(({ family }) => families.includes(family));
    const [first] = addresses;
    this.#path = undefined;
    this.#strays = [];
    if (!first) throw new Error('the grant has no address of a family that this speaker knows');
    const nowMs = this.#options.clock.nowMs();
    const path: Path = {
      grant: { ...grant, addresses },
      receiver: new SrtpReceiver(Buffer.from(grant.controllerKey, 'base64'), (ssrc) => this.#options.channels.bySsrc(ssrc) !== undefined),
      sender: new SrtpSender(Buffer.from(grant.speakerKey, 'base64')),
      addressIndex: 0,
      addressSinceMs: nowMs,
      open: false,
      flows: false,
      lastPacketMs: nowMs,
      nextReportMs: nowMs,
    };
    this.#path = path;
    this.#dueSound.reset();
    await this.#socket.open(first.family);
    if (this.#path === path) this.tick(this.#options.clock.nowMs());
  }

  /** Fault: the carrier's NAT gives the path other ports; what is sent to those of before arrives nowhere. */
  async newPorts(): Promise<void> {
    if (this.#path) await this.#socket.open(this.#socket.family);
  }

  close(): void {
    this.#path = undefined;
    this.#strays = [];
    this.#socket.close();
  }

  /** Reports, requests for repair, and the watch over the path. Called every few milliseconds. */
  tick(nowMs: number): void {
    const path = this.#path;
    if (!path || this.deaf) return;
    for (const channel of this.#options.channels.list) if (channel.tracker.missing > 0) this.#requestRepair(path, channel, nowMs);
    const isMissed = path.flows && this.#dueSound.isMissed(this.#options.channels.list, path.lastPacketMs, this.#pilotPeriodMs, nowMs);
    if (isMissed || nowMs - path.lastPacketMs > LOST_AFTER_PILOTS * this.#pilotPeriodMs) {
      path.open = false;
      path.lastPacketMs = nowMs;
      path.nextReportMs = nowMs;
      this.#options.onPathLost();
    }
    if (nowMs < path.nextReportMs) return;
    const flowing = nowMs - path.lastPacketMs < FLOWING_MS;
    path.nextReportMs = nowMs + (path.open ? (flowing ? REPORTING_PERIOD_MS : KEEPING_PERIOD_MS) : OPENING_PERIOD_MS);
    if (!path.open) this.#tryAddresses(path, nowMs);
    this.#sendReport(path, nowMs);
  }

  onDatagram(packet: Buffer, arrivalMs: number): void {
    const path = this.#path;
    if (!path || this.deaf) return;
    if (isRtcp(packet)) {
      this.#onRtcp(path, packet, arrivalMs);
      return;
    }
    const opened = path.receiver.openRtp(packet);
    if (typeof opened === 'string') {
      // A retransmission may cross the packet it replaces: the second copy of what was asked for is no attack.
      if (opened === 'replayed' && this.#expectsTwice(packet)) this.counts.duplicate++;
      else this.#reject(opened);
      return;
    }
    this.#alive(path, arrivalMs);
    this.counts.received++;
    if (!path.flows) this.#options.onFlow();
    path.flows = true;
    const header = readRtpHeader(packet);
    const channel = this.#options.channels.bySsrc(header.ssrc);
    if (channel) this.#deliver(path, channel, { ssrc: header.ssrc, index: opened.index, packet, payload: opened.payload, arrivalMs });
    else this.#keepStray({ ssrc: header.ssrc, index: opened.index, packet, payload: opened.payload, arrivalMs });
  }

  /** A copy of a packet that was asked for, or of a stream whose channel has closed meanwhile. */
  #expectsTwice(packet: Buffer): boolean {
    return this.#options.channels.bySsrc(packet.readUInt32BE(8))?.tracker.wasRequested(packet.readUInt16BE(2)) ?? true;
  }

  /** A channel was announced: what came for it before its announcement counts. */
  adoptStrays(): void {
    const path = this.#path;
    if (!path || this.#strays.length === 0) return;
    const strays = this.#strays;
    this.#strays = [];
    for (const stray of strays) {
      const channel = this.#options.channels.bySsrc(stray.ssrc);
      if (channel) this.#deliver(path, channel, stray);
      else this.#strays.push(stray);
    }
  }

  #deliver(path: Path, channel: Channel, { packet, payload, index, arrivalMs }: Stray): void {
    const header = readRtpHeader(packet);
    if (header.payloadType !== channel.description.payloadType) {
      this.#reject('malformed');
      return;
    }
    const captureAtMs = readCaptureAtMs(packet, path.grant.absCaptureTimeId);
    const result = channel.buffer.insert({ index, timestamp: header.timestamp, captureAtMs, payload, arrivalMs, marker: header.marker });
    if (result === 'malformed') {
      this.#reject('malformed');
      return;
    }
    if (result === 'unplaced' || result === 'full') this.counts.unplaced++;
    if (result === 'duplicate') this.counts.duplicate++;
    if (result === 'late') {
      this.counts.late++;
      channel.packetsLate++;
    }
    const controllerMs = this.#options.controllerMs(arrivalMs);
    const nowMs = controllerMs ?? arrivalMs;
    let dueMs = nowMs;
    if (captureAtMs !== undefined) {
      dueMs = captureAtMs + channel.description.playoutDelayMs + this.#options.alignDelayMs() - RENDER_MARGIN_MS;
      if (controllerMs !== undefined && result !== 'silent') channel.watchLateness(controllerMs, controllerMs - dueMs);
      dueMs += channel.addedDelayMs + (channel.isPatient ? PATIENT_REPAIR_MS : 0);
    }
    channel.tracker.arrived({
      index,
      nowMs,
      transitMs: arrivalMs - (header.timestamp * 1000) / OPUS_CLOCK_RATE_HZ,
      dueMs,
      packetMs: channel.buffer.packetMs,
      // Nothing that sounds can be missing before a pilot.
      marker: header.marker || result === 'silent',
      policy: this.#repairPolicy(),
    });
  }

  #repairPolicy(): { roundTripMs: number; patienceMs: number } {
    return { roundTripMs: this.#options.roundTripMs() ?? DEFAULT_ROUND_TRIP_MS, patienceMs: NACK_PATIENCE_MS };
  }

  #requestRepair(path: Path, channel: Channel, trueNowMs: number): void {
    const nowMs = this.#options.controllerMs(trueNowMs) ?? trueNowMs;
    const indices = channel.tracker.toRequest(nowMs, this.#repairPolicy());
    const address = path.grant.addresses[path.addressIndex];
    if (indices.length === 0 || !address) return;
    this.counts.nacksSent++;
    const sequences = indices.map((index) => index % 65_536);
    this.#socket.send(path.sender.protectRtcp(writeGenericNack(this.#options.ssrc, channel.description.ssrc, sequences)), address);
  }

  #onRtcp(path: Path, packet: Buffer, arrivalMs: number): void {
    const compound = path.receiver.openRtcp(packet);
    if (typeof compound === 'string') {
      this.#reject(compound);
      return;
    }
    this.#alive(path, arrivalMs);
    const reports = readSenderReports(compound);
    if (!reports) {
      this.#reject('malformed');
      return;
    }
    for (const report of reports) {
      const channel = this.#options.channels.bySsrc(report.ssrc);
      if (channel) channel.senderReport = { compactNtp: report.compactNtp, arrivalMs };
    }
  }

  #sendReport(path: Path, nowMs: number): void {
    const address = path.grant.addresses[path.addressIndex];
    if (!address) return;
    const blocks: ReportBlock[] = [];
    for (const channel of this.#options.channels.list) {
      if (channel.tracker.highest === undefined || blocks.length >= 31) continue;
      const { senderReport } = channel;
      blocks.push({
        ssrc: channel.description.ssrc,
        ...channel.tracker.report(),
        jitter: (channel.tracker.jitterMs * OPUS_CLOCK_RATE_HZ) / 1000,
        lastSenderReport: senderReport?.compactNtp ?? 0,
        delaySinceLastSenderReport: senderReport ? Math.max(0, ((nowMs - senderReport.arrivalMs) / 1000) * 65_536) : 0,
      });
    }
    this.#socket.send(path.sender.protectRtcp(writeReceiverReport(this.#options.ssrc, this.#options.cname, blocks)), address);
  }

  #tryAddresses(path: Path, nowMs: number): void {
    if (nowMs - path.addressSinceMs < NEXT_ADDRESS_AFTER_MS || path.grant.addresses.length < 2) return;
    path.addressIndex = (path.addressIndex + 1) % path.grant.addresses.length;
    path.addressSinceMs = nowMs;
    const { family } = path.grant.addresses[path.addressIndex] as { family: 'ipv4' | 'ipv6' };
    if (family !== this.#socket.family) void this.#socket.open(family).catch(() => this.#socket.sendErrors++);
  }

  #alive(path: Path, arrivalMs: number): void {
    path.lastPacketMs = arrivalMs;
    if (path.open) return;
    path.open = true;
    this.#dueSound.reset();
    this.#options.onPathOpen();
  }

  #keepStray(stray: Stray): void {
    this.#strays = this.#strays.filter((kept) => stray.arrivalMs - kept.arrivalMs < STRAY_MEMORY_MS);
    if (this.#strays.length < MOST_STRAYS) this.#strays.push(stray);
    else this.counts.unplaced++;
  }

  #reject(reason: SrtpRefusal): void {
    this.counts.rejected++;
    this.rejectedBy.set(reason, (this.rejectedBy.get(reason) ?? 0) + 1);
  }
}
