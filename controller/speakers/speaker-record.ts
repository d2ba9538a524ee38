import type { FaultCode, SpeakerLiveState, SpeakerRung, SpeakerTelemetry } from '../protocol/speaker-state.ts';
import { isSilenced } from '../protocol/volume.ts';
import { type ClockQuality, NO_CLOCK_QUALITY } from './clock-quality.ts';
import type { HelloMessage, SpeakerConnection } from './connection.ts';
import type { PathFigures } from './playout-delay.ts';
import type { RosterEntry } from './roster.ts';
import { NO_ROUND_TRIP, type RoundTrip } from './round-trip.ts';
import { areHornsCut, type RungEvidence } from './rung.ts';

/** Everything the registry keeps of one speaker in memory. */
export interface SpeakerRecord {
  roster: RosterEntry;
  connection: SpeakerConnection | undefined;
  hello: HelloMessage | undefined;
  evidence: RungEvidence;
  rung: SpeakerRung;
  /** What sounds, by its own report; null: nothing, or nothing proven. */
  broadcastId: string | null;
  sinceMs: number;
  /** Epoch ms, for people. */
  lastHeardMs: number | null;
  /** The same by the steady clock, for judging silence. */
  heardSteadyMs: number;
  /** Steady clock. */
  disconnectedAtMs: number;
  roundTrip: RoundTrip;
  clockQuality: ClockQuality;
  telemetry: SpeakerTelemetry | null;
  /** Its amplifier has shown current at least once: only from then on does its absence say anything. */
  showsCurrent: boolean;
  /** No beat has come since the device booted. */
  awaitsFirstBeat: boolean;
  faults: readonly FaultCode[];
  /** Whether a media path was granted and not yet released. */
  hasMediaPath: boolean;
  /** Built when asked for, dropped when anything changes. */
  snapshot: SpeakerLiveState | undefined;
}

export function newSpeakerRecord(
  roster: RosterEntry,
  options: { nowMs: number; steadyMs: number; beatPeriodMs: number; faults: readonly FaultCode[] },
): SpeakerRecord {
  return {
    roster,
    connection: undefined,
    hello: undefined,
    evidence: {
      connected: false,
      mediaSeenAtMs: null,
      programme: null,
      silentBeats: 0,
      hornsCut: areHornsCut(options.faults),
      bufferMs: 0,
      beatPeriodMs: options.beatPeriodMs,
      heardAtMs: options.steadyMs,
    },
    rung: 'offline',
    broadcastId: null,
    sinceMs: roster.lastSeenAtMs ?? options.nowMs,
    lastHeardMs: roster.lastSeenAtMs,
    heardSteadyMs: options.steadyMs,
    disconnectedAtMs: options.steadyMs,
    roundTrip: NO_ROUND_TRIP,
    clockQuality: NO_CLOCK_QUALITY,
    telemetry: null,
    showsCurrent: roster.showsCurrent,
    awaitsFirstBeat: true,
    faults: options.faults,
    hasMediaPath: false,
    snapshot: undefined,
  };
}

/** May this speaker's certificate open a control connection? */
export function isInService(roster: RosterEntry): boolean {
  return roster.enrolledAtMs !== null && roster.revokedAtMs === null;
}

export function liveState(record: SpeakerRecord): SpeakerLiveState {
  record.snapshot ??= {
    speakerId: record.roster.speakerId,
    clusterId: record.roster.clusterId,
    hamletId: record.roster.hamletId,
    rung: record.rung,
    sinceMs: record.sinceMs,
    lastBeatMs: record.lastHeardMs,
    roundTripMs: record.roundTrip.samples > 0 ? record.roundTrip.medianMs : null,
    broadcastId: record.broadcastId,
    muted: isSilenced(record.roster),
    faults: [...record.faults],
    telemetry: record.telemetry,
  };
  return record.snapshot;
}

/** A beat's telemetry as if no media had come since the one before. */
export function withoutMediaCounters(telemetry: SpeakerTelemetry): SpeakerTelemetry {
  return {
    ...telemetry,
    packetsReceived: 0,
    packetsLost: 0,
    packetsLate: 0,
    packetsRepaired: 0,
    packetsRejected: 0,
    concealedMs: 0,
  };
}

export function pathFigures(record: SpeakerRecord): PathFigures {
  const { samples, medianMs, deviationMs } = record.roundTrip;
  return {
    samples,
    roundTripMs: medianMs,
    deviationMs,
    mediaJitterMs: record.telemetry?.jitterMs ?? 0,
    networkKind: record.telemetry?.networkKind ?? 'unknown',
  };
}

/** The controller itself stood still for so long: what proved something then proves it for so much longer. Instants of the steady clock. */
export function allowForAbsence(record: SpeakerRecord, forMs: number, nowMs: number): void {
  const later = (instantMs: number): number => Math.max(instantMs, Math.min(nowMs, instantMs + forMs));
  const { evidence } = record;
  record.heardSteadyMs = later(record.heardSteadyMs);
  evidence.heardAtMs = later(evidence.heardAtMs);
  if (evidence.mediaSeenAtMs !== null) evidence.mediaSeenAtMs = later(evidence.mediaSeenAtMs);
  if (evidence.programme) evidence.programme = { ...evidence.programme, reportedAtMs: later(evidence.programme.reportedAtMs) };
}
