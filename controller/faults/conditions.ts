import { MISSED_BEATS_OFFLINE, PILOT_PERIOD_MS } from '../protocol/media.ts';
import type { FaultCode, FaultSeverity, SpeakerTelemetry } from '../protocol/speaker-state.ts';

/** How much each fault matters: critical means that the pole may stay silent. */
export const SEVERITIES: Record<FaultCode, FaultSeverity> = {
  offline: 'critical',
  power_lost: 'warning',
  amplifier_over_temperature: 'warning',
  amplifier_failed: 'critical',
  line_open: 'critical',
  line_short: 'critical',
  silent_while_playing: 'critical',
  clock_off: 'warning',
  loss_high: 'warning',
  slow_path: 'info',
  media_path_down: 'critical',
  storage_full: 'warning',
  restarting: 'warning',
  sensor_failed: 'warning',
};

/** What a heartbeat is judged with, beside its telemetry. */
export interface BeatContext {
  telemetry: SpeakerTelemetry;
  /** Of the steady clock. */
  atMs: number;
  beatPeriodMs: number;
  /** When packets were last known to arrive, or watching began. */
  mediaSeenMs: number;
  horns: number;
  /** Whether sound must be coming out now; null: can't be said. */
  soundDue: boolean | null;
  /** How far the controller knows the speaker's clock estimate to be wrong. */
  clockContradictionMs: number;
  /** By how much an emergency sounds later on this pole than on its neighbours; 0: with them; null: can't be said. */
  behindNeighboursMs: number | null;
}

/** `null`: this heartbeat says nothing either way; the condition stays as it is. */
export type Verdict = 'bad' | 'good' | null;

/** A condition judged from heartbeats. Between its thresholds nothing changes (hysteresis); it takes several in a row to change it. */
export interface SampledCondition {
  judge(beat: BeatContext): Verdict;
  raiseAfterBeats: number;
  clearAfterBeats: number;
  evidence(beat: BeatContext): Record<string, unknown>;
}

type SampledCode = Exclude<FaultCode, 'offline' | 'restarting'>;

/** Bad above `bad`, good below `good`, undecided between. */
const above = (value: number | undefined, good: number, bad: number): Verdict =>
  value === undefined ? null : value > bad ? 'bad' : value < good ? 'good' : null;
const below = (value: number | undefined, good: number, bad: number): Verdict =>
  value === undefined ? null : value < bad ? 'bad' : value > good ? 'good' : null;

/** undefined: not measured. */
const lineOhm = ({ lineImpedanceOhm }: SpeakerTelemetry): number | undefined => (lineImpedanceOhm === null ? Infinity : lineImpedanceOhm);

/** Fewer packets than this in one heartbeat are pilots: too few for a share. */
const LOSS_NEEDS_PACKETS = 50;
const lossShare = ({ packetsReceived, packetsLost }: SpeakerTelemetry): number => packetsLost / (packetsReceived + packetsLost);

/** Pilots that may be missing before the path counts as down. */
const MISSED_PILOTS = 3;
export const mediaSilenceMs = (beatPeriodMs: number): number =>
  Math.max(MISSED_PILOTS * PILOT_PERIOD_MS, (MISSED_BEATS_OFFLINE - 1) * beatPeriodMs);

export const SAMPLED_CONDITIONS: Record<SampledCode, SampledCondition> = {
  power_lost: {
    judge: ({ telemetry: { mains } }) => (mains === undefined ? null : mains ? 'good' : 'bad'),
    raiseAfterBeats: 1,
    clearAfterBeats: 2,
    evidence: ({ telemetry }) => ({ mains: telemetry.mains, batteryPercent: telemetry.batteryPercent ?? null }),
  },
  amplifier_over_temperature: {
    judge: ({ telemetry }) => above(telemetry.amplifierTemperatureC, 75, 85),
    raiseAfterBeats: 2,
    clearAfterBeats: 2,
    evidence: ({ telemetry }) => ({ amplifierTemperatureC: telemetry.amplifierTemperatureC }),
  },
  amplifier_failed: {
    judge: ({ telemetry: { outputLevelDb, amplifierCurrentMa, lineImpedanceOhm } }) => {
      // Without a load no current flows; that is the line's fault, not the amplifier's. The level is the programme's: it says what should be driven.
      if (outputLevelDb === undefined || outputLevelDb < -40 || lineImpedanceOhm === null) return null;
      return below(amplifierCurrentMa, 20, 10);
    },
    raiseAfterBeats: 2,
    clearAfterBeats: 1,
    evidence: ({ telemetry }) => ({ amplifierCurrentMa: telemetry.amplifierCurrentMa, outputLevelDb: telemetry.outputLevelDb }),
  },
  line_open: {
    judge: ({ telemetry, horns }) => (horns === 0 ? null : above(lineOhm(telemetry), 2000, 5000)),
    raiseAfterBeats: 2,
    clearAfterBeats: 2,
    evidence: ({ telemetry, horns }) => ({ lineImpedanceOhm: telemetry.lineImpedanceOhm, horns }),
  },
  line_short: {
    judge: ({ telemetry, horns }) => (horns === 0 ? null : below(lineOhm(telemetry), 3, 2)),
    raiseAfterBeats: 2,
    clearAfterBeats: 2,
    evidence: ({ telemetry }) => ({ lineImpedanceOhm: telemetry.lineImpedanceOhm, amplifierCurrentMa: telemetry.amplifierCurrentMa }),
  },
  silent_while_playing: {
    judge: ({ telemetry: { outputLevelDb }, soundDue }) => {
      const verdict = below(outputLevelDb, -65, -75);
      // That it should sound needs to be certain; that it does is plain, also in a bulletin that is over before it is.
      return verdict === 'good' || soundDue === true ? verdict : null;
    },
    raiseAfterBeats: 2,
    clearAfterBeats: 1,
    evidence: ({ telemetry }) => ({
      outputLevelDb: telemetry.outputLevelDb,
      packetsReceived: telemetry.packetsReceived,
      bufferMs: telemetry.bufferMs,
    }),
  },
  clock_off: {
    judge: ({ telemetry, clockContradictionMs }) => above(Math.max(telemetry.clockErrorMs, Math.abs(clockContradictionMs)), 60, 100),
    raiseAfterBeats: 3,
    clearAfterBeats: 2,
    evidence: ({ telemetry, clockContradictionMs }) => ({
      clockErrorMs: telemetry.clockErrorMs,
      clockDriftPpm: telemetry.clockDriftPpm,
      clockContradictionMs,
    }),
  },
  loss_high: {
    judge: ({ telemetry }) =>
      telemetry.packetsReceived + telemetry.packetsLost < LOSS_NEEDS_PACKETS ? null : above(lossShare(telemetry), 0.02, 0.05),
    raiseAfterBeats: 3,
    clearAfterBeats: 2,
    evidence: ({ telemetry }) => ({
      packetsReceived: telemetry.packetsReceived,
      packetsLost: telemetry.packetsLost,
      packetsRepaired: telemetry.packetsRepaired,
      packetsLate: telemetry.packetsLate,
    }),
  },
  slow_path: {
    // Who is apart, and when it comes back, has its hysteresis already where the delays are chosen.
    judge: ({ behindNeighboursMs }) => (behindNeighboursMs === null ? null : behindNeighboursMs > 0 ? 'bad' : 'good'),
    raiseAfterBeats: 3,
    clearAfterBeats: 3,
    evidence: ({ telemetry, behindNeighboursMs }) => ({ behindNeighboursMs, networkKind: telemetry.networkKind }),
  },
  media_path_down: {
    judge: ({ telemetry, atMs, mediaSeenMs, beatPeriodMs }) => {
      if (telemetry.packetsReceived > 0) return 'good';
      return atMs - mediaSeenMs > mediaSilenceMs(beatPeriodMs) ? 'bad' : null;
    },
    raiseAfterBeats: 1,
    clearAfterBeats: 1,
    evidence: ({ atMs, mediaSeenMs }) => ({ withoutMediaMs: Math.round(atMs - mediaSeenMs) }),
  },
  storage_full: {
    judge: ({ telemetry }) => below(telemetry.storageFreeMb, 100, 50),
    raiseAfterBeats: 2,
    clearAfterBeats: 2,
    evidence: ({ telemetry }) => ({ storageFreeMb: telemetry.storageFreeMb ?? null }),
  },
  sensor_failed: {
    judge: ({ telemetry }) => (telemetry.oddFields?.length ? 'bad' : 'good'),
    raiseAfterBeats: 2,
    clearAfterBeats: 3,
    evidence: ({ telemetry }) => ({ fields: telemetry.oddFields ?? [] }),
  },
};

export const SAMPLED_CODES = Object.keys(SAMPLED_CONDITIONS) as SampledCode[];
