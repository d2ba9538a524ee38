import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { Faults } from '../faults/index.ts';
import { CLOSE_CODES, PILOT_PERIOD_MS } from '../protocol/media.ts';
import type { SpeakerConfig } from '../protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../protocol/speaker-state.ts';
import { isSilenced } from '../protocol/volume.ts';
import type { Logger } from '../telemetry/logger.ts';
import { withBeatClock } from './clock-quality.ts';
import type { ConnectionListener, HelloMessage, ReadyMessage, SpeakerConnection } from './connection.ts';
import { showsCurrent, withMeantCurrent } from './current-sensor.ts';
import type { MediaDesk } from './media-desk.ts';
import type { SpeakerMetrics } from './metrics.ts';
import type { ReceiptDesk } from './receipt-desk.ts';
import type { RefusedDevices } from './refused-devices.ts';
import type { SpeakerRegistry } from './registry.ts';
import { isOfThePath, withRoundTrip } from './round-trip.ts';
import { SILENT_OUTPUT_DB } from './rung.ts';
import { isInService, type SpeakerRecord, withoutMediaCounters } from './speaker-record.ts';
import type { TransitionJournal } from './transition-journal.ts';

interface ControlDeskOptions {
  commune: string;
  /** Periods for every speaker; volume and alignment come from its cluster. */
  periods: { beatPeriodMs: number; probePeriodMs: number };
  clock: Clock;
  events: Events;
  logger: Logger;
  metrics: SpeakerMetrics;
  registry: SpeakerRegistry;
  journal: TransitionJournal;
  receipts: ReceiptDesk;
  media: MediaDesk;
  faults: Faults;
  refused: RefusedDevices;
  ownLatenessMs(withinMs: number): number;
}

/** What the controller does with what ready speakers say: live state, faults, receipts, media paths. */
export class ControlDesk implements ConnectionListener {
  readonly #options: ControlDeskOptions;

  constructor(options: ControlDeskOptions) {
    this.#options = options;
  }

  onHello(connection: SpeakerConnection, hello: HelloMessage): boolean {
    const { registry, clock, faults, events, logger } = this.#options;
    const record = registry.get(connection.speakerId);
    if (!record || !isInService(record.roster)) return false;
    const nowMs = clock.nowMs();
    const previous = record.connection;
    record.connection = connection;
    previous?.close(CLOSE_CODES.replaced, 'replaced');
    // What an earlier life of the device was doing says nothing about this one.
    if (record.hello?.bootId !== hello.bootId) {
      record.evidence.mediaSeenAtMs = null;
      record.awaitsFirstBeat = true;
    }
    record.hello = hello;
    stampHeard(record, clock);
    Object.assign(record.evidence, { connected: true, programme: null, silentBeats: 0, bufferMs: 0 });
    const { speakerId, clusterId, clusterName } = record.roster;
    connection.send({
      type: 'welcome',
      commune: this.#options.commune,
      clusterName,
      controllerTimeMs: nowMs,
      config: this.configFor(record),
    });
    this.#seen(record, nowMs);
    logger.debug({ speakerId, ip: connection.ip, firmware: hello.firmware, uptimeS: hello.uptimeS }, 'speaker connected');
    faults.observe(speakerId, { kind: 'hello', bootId: hello.bootId, horns: hello.horns });
    if (!previous) events.emit('speaker.connected', { speakerId, clusterId });
    registry.refresh(record, previous ? 'replaced' : 'hello');
    return true;
  }

  onImpostor({ speakerId, ip }: SpeakerConnection, claimedId: string): void {
    const certificateSha256 = this.#options.registry.get(speakerId)?.roster.certificateSha256 ?? null;
    this.#options.refused.record({ ip, why: 'wrong_speaker', speakerId, certificateSha256, claimedId });
  }

  onAlive(connection: SpeakerConnection): void {
    const record = this.#recordOf(connection);
    if (record) this.#heard(record);
  }

  onRoundTrip(connection: SpeakerConnection, roundTripMs: number): boolean {
    const record = this.#recordOf(connection);
    if (!record || !isOfThePath(roundTripMs, this.#options.ownLatenessMs(roundTripMs))) return false;
    record.roundTrip = withRoundTrip(record.roundTrip, roundTripMs, this.#options.clock.monotonicMs());
    record.snapshot = undefined;
    this.#options.metrics.roundTripMs(roundTripMs);
    return true;
  }

  onMessage(connection: SpeakerConnection, message: ReadyMessage, arrivedAtMs: number): void {
    const record = this.#recordOf(connection);
    if (!record) return;
    // A beat is a sign of life for the fault rules by itself.
    if (message.type === 'beat') stampHeard(record, this.#options.clock);
    else this.#heard(record);
    switch (message.type) {
      case 'beat':
        this.#beat(record, message.t1Ms, message.telemetry, arrivedAtMs);
        return;
      case 'playing': {
        const { channelId, broadcastId } = message;
        const reportedAtMs = this.#options.clock.monotonicMs();
        record.evidence.programme = channelId === null ? null : { channelId, broadcastId, reportedAtMs };
        record.evidence.silentBeats = 0;
        // A programme can't play without packets that arrived.
        if (channelId !== null) record.evidence.mediaSeenAtMs = reportedAtMs;
        this.#options.registry.refresh(record, 'playing', { soundAtMs: message.soundAtMs });
        return;
      }
      case 'fault':
        this.#deviceFault(record, message);
        return;
      case 'receipt':
        void this.#options.receipts.take({
          speakerId: record.roster.speakerId,
          clusterId: record.roster.clusterId,
          receipt: this.#meant(record, message.receipt),
          acknowledge: () => connection.send({ type: 'receipt.ack', receiptId: message.receipt.receiptId }),
          refuse: (when, why) => connection.refuse(when === 'later' ? 'unavailable' : 'malformed', message.seq, why),
        });
        return;
      case 'media.request':
        void this.#options.media.request(record, connection, message.seq);
        return;
      case 'refused':
        this.#options.logger.warn(
          { speakerId: record.roster.speakerId, toSeq: message.toSeq, code: message.code },
          'a speaker refused a message',
        );
    }
  }

  onClosed(connection: SpeakerConnection, reason: string): void {
    const { registry, clock, events, logger } = this.#options;
    const record = this.#recordOf(connection);
    if (!record) return;
    const nowMs = clock.nowMs();
    record.connection = undefined;
    record.disconnectedAtMs = clock.monotonicMs();
    Object.assign(record.evidence, { connected: false, programme: null });
    const { speakerId, clusterId } = record.roster;
    this.#seen(record, record.lastHeardMs ?? nowMs);
    logger.debug({ speakerId, reason }, 'speaker disconnected');
    events.emit('speaker.disconnected', { speakerId, clusterId, reason });
    registry.refresh(record, reason);
  }

  configFor(record: SpeakerRecord): SpeakerConfig {
    const { volumeDb, muted, emergencyVolumeDb, alignDelayMs } = record.roster;
    return {
      ...this.#options.periods,
      volumeDb,
      muted: isSilenced({ muted, volumeDb }),
      emergencyVolumeDb,
      alignDelayMs,
      pilotPeriodMs: PILOT_PERIOD_MS,
    };
  }

  #heard(record: SpeakerRecord): void {
    stampHeard(record, this.#options.clock);
    record.snapshot = undefined;
    this.#options.faults.observe(record.roster.speakerId, { kind: 'heard' });
  }

  #beat(record: SpeakerRecord, t1Ms: number, said: SpeakerTelemetry, arrivedAtMs: number): void {
    const { registry, faults, metrics, clock } = this.#options;
    const { evidence, roundTrip } = record;
    const steadyMs = clock.monotonicMs();
    // A device may count on from before it was switched off: its first beat shows nothing of the path it has now.
    const telemetry = record.awaitsFirstBeat ? withoutMediaCounters(said) : said;
    record.awaitsFirstBeat = false;
    record.telemetry = telemetry;
    if (telemetry.packetsReceived > 0) evidence.mediaSeenAtMs = steadyMs;
    evidence.bufferMs = telemetry.bufferMs;
    const { outputLevelDb, oddFields = [] } = telemetry;
    if (outputLevelDb !== undefined && outputLevelDb > SILENT_OUTPUT_DB) evidence.silentBeats = 0;
    else if (outputLevelDb !== undefined && evidence.programme && steadyMs - evidence.programme.reportedAtMs > 1000)
      evidence.silentBeats += 1;
    if (!oddFields.includes('clockOffsetMs') && !oddFields.includes('clockErrorMs')) {
      record.clockQuality = withBeatClock(
        record.clockQuality,
        { t1Ms, clockOffsetMs: telemetry.clockOffsetMs, clockErrorMs: telemetry.clockErrorMs, arrivedAtMs },
        roundTrip.samples > 0 ? roundTrip.minimumMs : null,
      );
      metrics.clockErrorMs(telemetry.clockErrorMs);
    }
    faults.observe(record.roster.speakerId, {
      kind: 'beat',
      telemetry: this.#meant(record, telemetry),
      programme: evidence.programme,
      clockContradictionMs: record.clockQuality.contradictionMs,
      behindNeighboursMs: registry.behindNeighboursMs(record),
    });
    registry.refresh(record, 'beat');
  }

  #deviceFault(record: SpeakerRecord, message: Extract<ReadyMessage, { type: 'fault' }>): void {
    const { code, state, detail } = message;
    this.#options.faults.observe(record.roster.speakerId, { kind: 'reported', code, state, detail: detail ?? null });
    this.#options.registry.refresh(record, 'fault');
  }

  /** What it tells, with its amplifier's current only where that means something. */
  #meant<Told extends { amplifierCurrentMa?: number | undefined }>(record: SpeakerRecord, told: Told): Told {
    if (!record.showsCurrent && showsCurrent(told)) {
      record.showsCurrent = true;
      this.#seen(record, this.#options.clock.nowMs());
    }
    return withMeantCurrent(told, record.showsCurrent);
  }

  #seen({ roster, hello, showsCurrent }: SpeakerRecord, atMs: number): void {
    const { firmware = null, model = null } = hello ?? {};
    this.#options.journal.seen({ speakerId: roster.speakerId, atMs, firmware, model, showsCurrent });
  }

  /** undefined when a newer connection of the same speaker has taken over. */
  #recordOf(connection: SpeakerConnection): SpeakerRecord | undefined {
    const record = this.#options.registry.get(connection.speakerId);
    return record?.connection === connection ? record : undefined;
  }
}

function stampHeard(record: SpeakerRecord, clock: Clock): void {
  record.lastHeardMs = clock.nowMs();
  record.heardSteadyMs = clock.monotonicMs();
  record.evidence.heardAtMs = record.heardSteadyMs;
}
