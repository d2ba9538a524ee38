import { z } from 'zod';
import { clusterId, hamletId, speakerId, uuid } from './ids.ts';
import { LONGEST_PLAY_MS } from './media.ts';

/** Rungs of evidence. A higher rung is shown only when its own evidence is there (design: never a higher state than proven). */
export const SPEAKER_RUNGS = ['offline', 'connected', 'receiving', 'decoding', 'playing', 'heard'] as const;
export const speakerRung = z.enum(SPEAKER_RUNGS);
export type SpeakerRung = z.infer<typeof speakerRung>;

export const FAULT_CODES = [
  'offline',
  'power_lost',
  'amplifier_over_temperature',
  'amplifier_failed',
  'line_open',
  'line_short',
  'silent_while_playing',
  'clock_off',
  'loss_high',
  'slow_path',
  'media_path_down',
  'storage_full',
  'restarting',
  'sensor_failed',
] as const;
export const faultCode = z.enum(FAULT_CODES);
export type FaultCode = z.infer<typeof faultCode>;

export const faultSeverity = z.enum(['info', 'warning', 'critical']);
export type FaultSeverity = z.infer<typeof faultSeverity>;

const packets = z.int().min(0).max(0xffffffff);
const durationMs = z.number().min(0).max(LONGEST_PLAY_MS);

/**
 * What a heartbeat tells. What a device can't measure it leaves out. The controller reads it field by field: one that is out of range counts as not measured, and raises
 * `sensor_failed` (message-reader.ts).
 */
export const beatTelemetry = z.object({
  mains: z.boolean().optional(),
  batteryPercent: z.number().min(0).max(100).optional(),
  amplifierCurrentMa: z.number().min(0).max(100_000).optional(),
  amplifierTemperatureC: z.number().min(-60).max(200).optional(),
  lineImpedanceOhm: z.number().min(0).max(1e6).nullable().optional().describe('null: open line, nothing measured'),
  signalDbm: z.number().min(-150).max(0).optional(),
  networkKind: z.enum(['4g', 'wifi', 'ethernet', 'unknown']),
  cpuPercent: z.number().min(0).max(100).optional(),
  storageFreeMb: z.number().min(0).max(1e12).optional(),
  uptimeS: z.number().min(0).max(1e10),
  /** Since the last beat. */
  packetsReceived: packets,
  packetsLost: packets,
  packetsLate: packets,
  packetsRepaired: packets,
  packetsRejected: packets.describe('failed SRTP authentication or malformed'),
  concealedMs: durationMs,
  jitterMs: durationMs,
  bufferMs: durationMs,
  clockOffsetMs: z.number().min(-1e13).max(1e13).describe('controller minus speaker, as the speaker estimates it'),
  clockErrorMs: z.number().min(0).max(1e13).describe('the speaker’s own bound on that estimate'),
  clockDriftPpm: z.number().min(-1e6).max(1e6),
  outputLevelDb: z
    .number()
    .min(-120)
    .max(20)
    .optional()
    .describe(
      'RMS of the programme as decoded, dBFS, before volume and gain: what plays, not what the amplifier makes of it; -120: nothing',
    ),
});

/** Figures of the last heartbeat, as the console and the metrics show them. */
export const speakerTelemetry = beatTelemetry.extend({
  oddFields: z.array(z.string()).optional().describe('what the device told and can’t be; it counts as not measured'),
});
export type SpeakerTelemetry = z.infer<typeof speakerTelemetry>;

export const speakerFault = z.object({
  faultId: uuid,
  code: faultCode,
  severity: faultSeverity,
  raisedAtMs: z.number(),
  clearedAtMs: z.number().nullable(),
  evidence: z.record(z.string(), z.unknown()),
});
export type SpeakerFault = z.infer<typeof speakerFault>;

/** The live state of one speaker, as the registry keeps it and the live feed sends it. */
export const speakerLiveState = z.object({
  speakerId,
  clusterId,
  hamletId,
  rung: speakerRung,
  /** When this rung was reached, epoch ms. */
  sinceMs: z.number(),
  /** When the speaker was last heard of, epoch ms; null if never. */
  lastBeatMs: z.number().nullable(),
  roundTripMs: z.number().nullable(),
  broadcastId: uuid.nullable(),
  /** Set so by a person: only emergencies sound on this pole. */
  muted: z.boolean(),
  faults: z.array(faultCode),
  telemetry: speakerTelemetry.nullable(),
});
export type SpeakerLiveState = z.infer<typeof speakerLiveState>;
