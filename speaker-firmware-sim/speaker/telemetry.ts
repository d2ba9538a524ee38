import type { SpeakerTelemetry } from '../../controller/protocol/speaker-state.ts';
import type { Amplifier } from './amplifier.ts';
import type { ChannelSet } from './channel-set.ts';
import type { ClockSync } from './clock-sync.ts';
import type { MediaReceiver } from './media-receiver.ts';
import type { Playout } from './playout.ts';

/** Surroundings that no other part of the device models. */
export interface Surroundings {
  mains: boolean;
  /** undefined: the cluster has no battery. */
  batteryPercent: number | undefined;
  networkKind: SpeakerTelemetry['networkKind'];
  signalDbm: number | undefined;
  storageFull: boolean;
}

/** Error bound of a clock that has not been compared yet. */
const UNSYNCHRONISED_MS = 1e6;
const STORAGE_MB = 3200;

interface Sources {
  amplifier: Amplifier;
  channels: ChannelSet;
  sync: ClockSync;
  receiver: MediaReceiver;
  playout: Playout;
}

interface Counters {
  received: number;
  lost: number;
  late: number;
  repaired: number;
  rejected: number;
  concealedMs: number;
}

/** Makes the figures of each beat; those "since the last beat" are differences of running counters. */
export class TelemetryReport {
  readonly #sources: Sources;
  #last: Counters = { received: 0, lost: 0, late: 0, repaired: 0, rejected: 0, concealedMs: 0 };
  /** Lost and repaired packets of channels that are gone. */
  #retired = { lost: 0, repaired: 0 };
  /** Concealed or muted sound, all broadcasts. */
  concealedMs = 0;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** A channel goes: its figures must not vanish from the running counters. */
  retire(counts: { lost: number; repaired: number }): void {
    this.#retired.lost += counts.lost;
    this.#retired.repaired += counts.repaired;
  }

  /** Over all channels that were: packets that never came in time, and those that came when they were asked for again. */
  get fates(): { lost: number; repaired: number } {
    const sum = { ...this.#retired };
    for (const { counts } of this.#sources.channels.list) {
      sum.lost += counts.lost;
      sum.repaired += counts.repaired;
    }
    return sum;
  }

  /** The device goes down: it will know nothing of what came before, and must not take it for proof that its new path is open. */
  forget(): void {
    this.#last = this.#counters();
  }

  #counters(): Counters {
    const { received, late, rejected } = this.#sources.receiver.counts;
    return { received, late, rejected, concealedMs: this.concealedMs, ...this.fates };
  }

  /** `localMs` is the device's clock now, `uptimeS` since its boot. */
  read(localMs: number, uptimeS: number, surroundings: Surroundings): SpeakerTelemetry {
    const { amplifier, channels, sync, playout } = this.#sources;
    const now = this.#counters();
    let jitterMs = 0;
    for (const channel of channels.list) jitterMs = Math.max(jitterMs, channel.tracker.jitterMs);
    const before = this.#last;
    this.#last = now;
    const since = (key: keyof Counters): number => Math.max(0, now[key] - before[key]);
    const power = amplifier.facts();
    const { estimate } = sync;
    return {
      mains: surroundings.mains,
      ...(surroundings.batteryPercent === undefined ? {} : { batteryPercent: surroundings.batteryPercent }),
      amplifierCurrentMa: power.currentMa,
      amplifierTemperatureC: power.temperatureC,
      lineImpedanceOhm: power.impedanceOhm,
      ...(surroundings.signalDbm === undefined ? {} : { signalDbm: surroundings.signalDbm }),
      networkKind: surroundings.networkKind,
      cpuPercent: playout.winner ? 14 : 4,
      storageFreeMb: surroundings.storageFull ? 0 : STORAGE_MB,
      uptimeS,
      packetsReceived: since('received'),
      packetsLost: since('lost'),
      packetsLate: since('late'),
      packetsRepaired: since('repaired'),
      packetsRejected: since('rejected'),
      concealedMs: since('concealedMs'),
      jitterMs,
      bufferMs: playout.bufferMs,
      clockOffsetMs: (sync.controllerMs(localMs) ?? localMs) - localMs,
      clockErrorMs: estimate?.errorMs ?? UNSYNCHRONISED_MS,
      clockDriftPpm: estimate?.driftPpm ?? 0,
      outputLevelDb: Math.max(-120, Math.min(20, playout.programmeDb)),
    };
  }
}
