import { CONTROL_MAX_MESSAGE_BYTES } from '../protocol/media.ts';
import { type FromSpeaker, fromSpeaker, PROTOCOL_VERSION } from '../protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../protocol/speaker-state.ts';

export type RefusalCode = 'malformed' | 'unknown_type' | 'too_large' | 'version';

/** A message, or why it is none. `seq` 0: the number could not be read. */
export type Reading = { ok: true; message: FromSpeaker } | { ok: false; code: RefusalCode; seq: number; detail: string };

const KNOWN_TYPES: ReadonlySet<string> = new Set(fromSpeaker.options.map((option) => option.shape.type.value));
const LONGEST_DETAIL = 200;

/** What a figure counts as that can't be; one that is not here counts as not measured. */
const INSTEAD: Readonly<Record<string, unknown>> = {
  networkKind: 'unknown',
  ...Object.fromEntries(
    (['uptimeS', 'packetsReceived', 'packetsLost', 'packetsLate', 'packetsRepaired', 'packetsRejected'] as const).map((field) => [
      field,
      0,
    ]),
  ),
  ...Object.fromEntries(
    (['concealedMs', 'jitterMs', 'bufferMs', 'clockOffsetMs', 'clockErrorMs', 'clockDriftPpm'] as const).map((field) => [field, 0]),
  ),
} satisfies Partial<SpeakerTelemetry>;

/** What a receipt can do without; its other figures are the proof itself. */
const BESIDE_THE_PROOF: ReadonlySet<PropertyKey> = new Set(['levels', 'amplifierCurrentMa']);

/** One odd sensor must not cost a pole its proof: the receipt without what can't be, which counts as not measured; undefined when more is wrong. */
function withoutOddLevels(message: object, issues: readonly { path: PropertyKey[] }[]): FromSpeaker | undefined {
  const { receipt } = message as { receipt?: unknown };
  if (!issues.every(({ path }) => path[0] === 'receipt' && BESIDE_THE_PROOF.has(path[1] ?? ''))) return undefined;
  const odd = Object.fromEntries(issues.map(({ path }) => [String(path[1]), undefined]));
  return fromSpeaker.safeParse({ ...message, receipt: { ...(receipt as object), ...odd } }).data;
}

/** One odd sensor must not silence a pole: the beat without what can't be, which is named; undefined when more than figures is wrong. */
function withoutOddFigures(beat: object, issues: readonly { path: PropertyKey[] }[]): FromSpeaker | undefined {
  const { telemetry } = beat as { telemetry?: unknown };
  if (typeof telemetry !== 'object' || telemetry === null || Array.isArray(telemetry)) return undefined;
  const oddFields = new Set<string>();
  for (const { path } of issues) {
    const [part, field] = path;
    if (part !== 'telemetry' || typeof field !== 'string') return undefined;
    oddFields.add(field);
  }
  const figures: Record<string, unknown> = { ...telemetry };
  for (const field of oddFields) figures[field] = INSTEAD[field];
  const parsed = fromSpeaker.safeParse({ ...beat, telemetry: figures });
  if (!parsed.success || parsed.data.type !== 'beat') return undefined;
  const message: Extract<FromSpeaker, { type: 'beat' }> & { telemetry: SpeakerTelemetry } = parsed.data;
  message.telemetry.oddFields = [...oddFields];
  return message;
}

/**
 * Reads one text frame from a speaker: JSON, envelope, then the schema of its type. Unknown fields are dropped.
 * Costs about 2 µs for a heartbeat. Never throws; details name fields and never repeat what the speaker sent.
 */
export function readMessage(text: string): Reading {
  if (Buffer.byteLength(text) > CONTROL_MAX_MESSAGE_BYTES) {
    return { ok: false, code: 'too_large', seq: 0, detail: `over ${CONTROL_MAX_MESSAGE_BYTES} bytes` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, code: 'malformed', seq: 0, detail: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, code: 'malformed', seq: 0, detail: 'not a JSON object' };
  }
  const { v, seq: sentSeq, type } = value as { v?: unknown; seq?: unknown; type?: unknown };
  const seq = typeof sentSeq === 'number' && Number.isSafeInteger(sentSeq) && sentSeq >= 1 ? sentSeq : 0;
  if (v !== PROTOCOL_VERSION) return { ok: false, code: 'version', seq, detail: `v must be ${PROTOCOL_VERSION}` };
  if (typeof type !== 'string') return { ok: false, code: 'malformed', seq, detail: 'type must be a string' };
  if (!KNOWN_TYPES.has(type)) return { ok: false, code: 'unknown_type', seq, detail: 'this version knows no such type' };
  const parsed = fromSpeaker.safeParse(value);
  if (parsed.success) return { ok: true, message: parsed.data };
  const { issues } = parsed.error;
  const mended = type === 'beat' ? withoutOddFigures(value, issues) : type === 'receipt' ? withoutOddLevels(value, issues) : undefined;
  if (mended) return { ok: true, message: mended };
  const [issue] = issues;
  const detail = issue ? `${issue.path.join('.')}: ${issue.message}` : 'does not fit its schema';
  return { ok: false, code: 'malformed', seq, detail: detail.slice(0, LONGEST_DETAIL) };
}
