import { CONTROL_MAX_MESSAGE_BYTES } from '../../controller/protocol/media.ts';
import { PROTOCOL_VERSION, type ToSpeaker, toSpeaker } from '../../controller/protocol/speaker-control.ts';

export type ReadRefusal = 'malformed' | 'unknown_type' | 'replayed' | 'too_large' | 'version';

/** A message, or why it is none. `seq` 0: the number could not be read, so there is nothing to answer to. */
export type Reading = { ok: true; message: ToSpeaker } | { ok: false; code: ReadRefusal; seq: number; detail: string };

const KNOWN_TYPES: ReadonlySet<string> = new Set(toSpeaker.options.map((option) => option.shape.type.value));
const LONGEST_DETAIL = 200;

/** Reads one frame from the controller: size, JSON, envelope, sequence, then the schema of its type. Pure; never throws. */
export function readControllerMessage(frame: string | undefined, lastSeq: number): Reading {
  if (frame === undefined) return { ok: false, code: 'malformed', seq: 0, detail: 'binary frame' };
  if (Buffer.byteLength(frame) > CONTROL_MAX_MESSAGE_BYTES)
    return { ok: false, code: 'too_large', seq: 0, detail: `over ${CONTROL_MAX_MESSAGE_BYTES} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return { ok: false, code: 'malformed', seq: 0, detail: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, code: 'malformed', seq: 0, detail: 'not a JSON object' };
  const { v, seq: sentSeq, type } = value as { v?: unknown; seq?: unknown; type?: unknown };
  const seq = typeof sentSeq === 'number' && Number.isSafeInteger(sentSeq) && sentSeq >= 1 ? sentSeq : 0;
  if (v !== PROTOCOL_VERSION) return { ok: false, code: 'version', seq, detail: `v must be ${PROTOCOL_VERSION}` };
  if (seq !== 0 && seq <= lastSeq) return { ok: false, code: 'replayed', seq, detail: 'sequence number not above the last one' };
  if (typeof type !== 'string' || !KNOWN_TYPES.has(type))
    return { ok: false, code: 'unknown_type', seq, detail: 'this version knows no such type' };
  const parsed = toSpeaker.safeParse(value);
  if (parsed.success) return { ok: true, message: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, code: 'malformed', seq, detail: `${issue?.path.join('.')}: ${issue?.message}`.slice(0, LONGEST_DETAIL) };
}
