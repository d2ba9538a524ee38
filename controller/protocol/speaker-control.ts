import { z } from 'zod';
import { LONGEST_WAKE_UP_MS } from './attention-signals.ts';
import { broadcastClass } from './broadcast-class.ts';
import { deviceText } from './device-text.ts';
import { speakerId, uuid } from './ids.ts';
import { HEARD_INTERVALS_MAX, LEVEL_CHUNKS_MAX, LEVELS_IN_CHUNK_MAX, LONGEST_PLAY_MS, SRTP_SUITE } from './media.ts';
import { beatTelemetry, FAULT_CODES } from './speaker-state.ts';

/**
 * Control channel, version 1: JSON text frames over a TLS WebSocket with mutual authentication. docs/speaker-protocol.md is the full text.
 *
 * Every message carries `v` (the protocol version) and `seq` (counts up by one per direction and connection, from 1).
 * A message whose seq is not above the last one is counted and answered `error replayed`; it has no effect.
 */
export const PROTOCOL_VERSION = 1;

const envelope = { v: z.literal(PROTOCOL_VERSION), seq: z.int().min(1) };
const channelId = deviceText(64).min(1);
const epochMs = z.number().min(0).max(4e12);
/** No play is longer than a month, however long somebody forgets it. */
const durationMs = z.number().min(0).max(LONGEST_PLAY_MS);
/** By a clock that may begin anywhere. */
const deviceClockMs = z.number().min(-1e16).max(1e16);
const packets = z.int().min(0).max(0xffffffff);
const ssrc = z.int().min(1).max(0xffffffff);

export const channelDescription = z.object({
  channelId,
  class: broadcastClass,
  /** The RTP stream of this speaker's copy of the channel. */
  ssrc,
  payloadType: z.int().min(96).max(127),
  /** Sound instant = abs-capture-time + playoutDelayMs (+ this speaker's alignDelayMs). */
  playoutDelayMs: z.number().min(0).max(10_000),
  /** Gain applied to this channel, dB relative to the speaker's configured volume. */
  gainDb: z.number().min(-60).max(12),
  /** null on a standing channel while nothing is on it. */
  broadcastId: uuid.nullable(),
  /** Capture instant from which on it carries this broadcast. */
  sinceMs: epochMs,
  standing: z.boolean(),
});
export type ChannelDescription = z.infer<typeof channelDescription>;

const srtpKey = z.base64().length(40).describe('base64 of 16 bytes master key + 12 bytes master salt (RFC 7714)');

export const mediaGrant = z.object({
  transportId: deviceText(64).min(1),
  /** Where the speaker sends its first SRTCP packet (it opens the path through its NAT) and from where media arrives. IPv6 and IPv4, best first. */
  addresses: z.array(z.object({ family: z.enum(['ipv4', 'ipv6']), ip: z.string(), port: z.int().min(1).max(65_535) })).min(1),
  srtpSuite: z.literal(SRTP_SUITE),
  /** Protects what the speaker sends (SRTCP). */
  speakerKey: srtpKey,
  /** Protects what the controller sends (SRTP and SRTCP). */
  controllerKey: srtpKey,
  absCaptureTimeId: z.int().min(1).max(14),
  channels: z.array(channelDescription),
});
export type MediaGrant = z.infer<typeof mediaGrant>;

export const speakerConfig = z.object({
  beatPeriodMs: z.int().min(1000).max(300_000),
  /** Probe period while a channel is open, when the clock matters most. */
  probePeriodMs: z.int().min(100).max(60_000),
  /** Volume of this pole for everything but emergencies. */
  volumeDb: z.number().min(-60).max(0),
  /** Lets nothing out but emergencies. What is due meanwhile is counted in the receipts (mutedMs, mutedByConfigMs), never as played. */
  muted: z.boolean(),
  /** Volume of this pole for emergencies, whatever `volumeDb` and `muted` say. */
  emergencyVolumeDb: z.number().min(-60).max(0),
  /** Extra delay of this pole for delay alignment or staggered playing. */
  alignDelayMs: z.number().min(0).max(2000),
  pilotPeriodMs: z.int().min(1000).max(60_000),
});
export type SpeakerConfig = z.infer<typeof speakerConfig>;

const levelChunk = z.object({
  fromMs: z
    .int()
    .min(0)
    .max(4e12)
    .multipleOf(1000)
    .describe('capture instant at which its first second begins, a whole second of controller time'),
  db: z
    .array(z.int().min(-120).max(20).nullable())
    .min(1)
    .max(LEVELS_IN_CHUNK_MAX)
    .describe('of each second in turn: RMS of what came out, dBFS, measured as outputLevelDb; null: nothing came out in that second'),
});
export type LevelChunk = z.infer<typeof levelChunk>;

/** What one speaker really played of one broadcast, without a break: the unit of proof of play. Sent until acknowledged; kept over restarts and cuts. */
export const receipt = z.object({
  receiptId: uuid,
  broadcastId: uuid,
  channelId,
  /** Controller time, as the speaker's clock estimates it, of the first and last sample that left the DAC. */
  firstSoundAtMs: epochMs,
  lastSoundAtMs: epochMs,
  playedMs: durationMs,
  concealedMs: durationMs,
  fecMs: durationMs,
  mutedMs: durationMs.describe(
    'due but not sounded: late, missing beyond concealment, a buffer that ran dry, a waking amplifier, or the pole is muted by its configuration',
  ),
  mutedByConfigMs: durationMs.describe('of mutedMs, because the configuration said `muted`'),
  preemptedMs: durationMs.describe('due but a higher class had the loudspeaker'),
  packetsReceived: packets,
  packetsLost: packets,
  packetsLate: packets,
  packetsRepaired: packets,
  maxSyncErrorMs: durationMs,
  meanOutputLevelDb: z.number().min(-120).max(20),
  amplifierOk: z.boolean(),
  amplifierCurrentMa: z
    .number()
    .min(0)
    .max(100_000)
    .optional()
    .describe('mean while the programme was louder than -40 dBFS; absent: it never was, or can’t be measured'),
  levels: z
    .array(levelChunk)
    .max(LEVEL_CHUNKS_MAX)
    .optional()
    .describe('how loud it came out, by seconds of capture: those that no acknowledged receipt of this play told; absent: not measured'),
  heard: z
    .array(z.object({ fromMs: epochMs, untilMs: epochMs }))
    .max(HEARD_INTERVALS_MAX)
    .describe(
      'capture instants between which the programme came out of the loudspeaker without a break of more than 100 ms, in order; a longer pause parts two of them, also where nothing was lost and they touch',
    ),
  final: z
    .boolean()
    .describe(
      'false: an interim receipt of a long broadcast; a later one with the same broadcastId, channelId and firstSoundAtMs replaces it',
    ),
});
export type Receipt = z.infer<typeof receipt>;

const hello = z.object({
  ...envelope,
  type: z.literal('hello'),
  speakerId,
  firmware: deviceText(64).min(1),
  model: deviceText(64).min(1),
  bootId: uuid,
  uptimeS: z.number().min(0),
  horns: z.int().min(0).max(8),
  wakeUpMs: z.int().min(0).max(LONGEST_WAKE_UP_MS).describe('from the amplifier’s power-down to full sound; 0: it never sleeps'),
  families: z.array(z.enum(['ipv4', 'ipv6'])).min(1),
  pendingReceipts: z.int().min(0),
});
/** Heartbeat and clock probe in one (t1 of RFC 5905's exchange, in the speaker's own clock). */
const beat = z.object({ ...envelope, type: z.literal('beat'), t1Ms: deviceClockMs, telemetry: beatTelemetry });
const probe = z.object({ ...envelope, type: z.literal('probe'), t1Ms: deviceClockMs });
const mediaRequest = z.object({
  ...envelope,
  type: z.literal('media.request'),
  reason: z.enum(['start', 'path_lost', 'address_changed', 'keys_exhausted', 'controller_lost']),
});
/** Sent at once when the loudspeaker changes what it plays: the evidence for "playing" and for start latency. */
const playing = z.object({
  ...envelope,
  type: z.literal('playing'),
  channelId: deviceText(64).nullable().describe('null: silent now'),
  broadcastId: uuid.nullable(),
  /** Controller time of the first sample, as the speaker estimates it. */
  soundAtMs: epochMs,
});
const deviceFault = z.object({
  ...envelope,
  type: z.literal('fault'),
  code: z.enum(FAULT_CODES),
  state: z.enum(['raised', 'cleared']),
  detail: deviceText(200).optional(),
});
const receiptMessage = z.object({ ...envelope, type: z.literal('receipt'), receipt });
const refused = z.object({
  ...envelope,
  type: z.literal('refused'),
  toSeq: z.int().min(1),
  code: deviceText(64),
  detail: deviceText(200),
});

export const fromSpeaker = z.discriminatedUnion('type', [hello, beat, probe, mediaRequest, playing, deviceFault, receiptMessage, refused]);
export type FromSpeaker = z.infer<typeof fromSpeaker>;

const welcome = z.object({
  ...envelope,
  type: z.literal('welcome'),
  commune: z.string(),
  clusterName: z.string(),
  controllerTimeMs: epochMs,
  config: speakerConfig,
});
/** Answer to beat and probe: t1 echoed, t2 receipt and t3 sending in controller time (RFC 5905 section 8). */
const clockReply = z.object({
  ...envelope,
  type: z.literal('clock'),
  t1Ms: z.number(),
  t2Ms: epochMs,
  t3Ms: epochMs,
});
const mediaSetup = z.object({ ...envelope, type: z.literal('media.setup'), grant: mediaGrant });
const channelOpen = z.object({ ...envelope, type: z.literal('channel.open'), channel: channelDescription });
/** On a standing channel: it now carries this broadcast (null: it is idle again). On another: it will get no more packets. */
const channelChange = z.object({
  ...envelope,
  type: z.literal('channel.change'),
  channelId,
  broadcastId: uuid.nullable(),
  /** From this capture instant on; what was captured before belongs to the broadcast before, whenever it arrives. */
  sinceMs: epochMs,
  /** true: what was named before is silent at once, and nothing of what was sent of it is wanted any more. false: it plays out. */
  immediately: z.boolean(),
  gainDb: z.number().min(-60).max(12),
  playoutDelayMs: z.number().min(0).max(10_000),
});
const channelClose = z.object({
  ...envelope,
  type: z.literal('channel.close'),
  channelId,
  /** true: silence at once, drop what is buffered. false: play out what was sent. */
  immediately: z.boolean(),
});
const configMessage = z.object({ ...envelope, type: z.literal('config'), config: speakerConfig });
const receiptAck = z.object({ ...envelope, type: z.literal('receipt.ack'), receiptId: uuid });
const errorMessage = z.object({
  ...envelope,
  type: z.literal('error'),
  code: z.enum(['malformed', 'unknown_type', 'replayed', 'too_large', 'not_ready', 'rate_limited', 'unavailable', 'internal']),
  toSeq: z.int().min(0).describe('0: the sequence number could not be read'),
  detail: deviceText(200),
});
const goodbye = z.object({ ...envelope, type: z.literal('goodbye'), reason: deviceText(200), reconnectAfterMs: z.int().min(0) });

export const toSpeaker = z.discriminatedUnion('type', [
  welcome,
  clockReply,
  mediaSetup,
  channelOpen,
  channelChange,
  channelClose,
  configMessage,
  receiptAck,
  errorMessage,
  goodbye,
]);
export type ToSpeaker = z.infer<typeof toSpeaker>;

type WithoutEnvelope<Message> = Message extends unknown ? Omit<Message, 'v' | 'seq'> : never;
/** A message before the connection puts version and sequence number on it. */
export type ToSpeakerBody = WithoutEnvelope<ToSpeaker>;
export type FromSpeakerBody = WithoutEnvelope<FromSpeaker>;
