import { z } from 'zod';
import { breathe } from '../turns.ts';

/** What this weighs or less is encoded in one go, about a tenth of a millisecond. */
const LIGHT = 250;
/** Characters that cost as much as one more value. */
const CHARACTERS_A_VALUE = 100;
/** So much is written before the loop may do something else. */
const PIECE_CHARACTERS = 16_384;

/** Values and characters of what is to be answered, counted no further than the limit. */
export function isHeavy(value: unknown, limit = LIGHT): boolean {
  let weight = 0;
  const visit = (one: unknown): boolean => {
    weight += typeof one === 'string' ? 1 + one.length / CHARACTERS_A_VALUE : 1;
    if (weight > limit) return true;
    if (Array.isArray(one)) return one.some(visit);
    if (typeof one !== 'object' || one === null) return false;
    for (const key in one) if (visit((one as Record<string, unknown>)[key])) return true;
    return false;
  };
  return visit(value);
}

/**
 * A long list as JSON, checked by its schema as any answer is, piece by piece with turns of the event loop in between: two hundred
 * broadcasts with their clusters would hold it for a fifth of a second.
 * @throws what the schema says against the value
 */
export async function encodeInTurns(schema: z.ZodType, value: unknown): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  let text = '';
  for (const part of jsonParts(schema, value)) {
    text += part;
    if (text.length < PIECE_CHARACTERS) continue;
    pieces.push(Buffer.from(text));
    text = '';
    await breathe();
  }
  pieces.push(Buffer.from(text));
  return pieces;
}

/** What was encoded, for a stream: encrypting and sending megabytes takes turns, too. */
export async function* inTurns(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    yield piece;
    await breathe();
  }
}

/** The JSON text of a value in parts. Pure; the same text as encoding it whole. */
export function* jsonParts(schema: z.ZodType, value: unknown): Generator<string> {
  const inner = withoutWrapping(schema, value);
  if (isHeavy(value) && inner instanceof z.ZodArray && Array.isArray(value) && !isChecked(inner)) yield* arrayParts(inner, value);
  else if (isHeavy(value) && isPlainObject(inner) && typeof value === 'object' && value !== null) yield* objectParts(inner, value);
  else yield JSON.stringify(z.encode(schema, value)) ?? 'null';
}

function* arrayParts(schema: z.ZodArray, values: readonly unknown[]): Generator<string> {
  yield '[';
  for (const [index, value] of values.entries()) {
    if (index > 0) yield ',';
    yield* jsonParts(schema.element as z.ZodType, value);
  }
  yield ']';
}

function* objectParts(schema: z.ZodObject, value: object): Generator<string> {
  yield '{';
  let isFirst = true;
  for (const [key, field] of Object.entries(schema.shape)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined && z.encode(field as z.ZodType, undefined) === undefined) continue;
    yield `${isFirst ? '' : ','}${JSON.stringify(key)}:`;
    isFirst = false;
    yield* jsonParts(field as z.ZodType, member);
  }
  yield '}';
}

/** Optional and nullable add nothing to a value that is there. */
function withoutWrapping(schema: z.ZodType, value: unknown): z.ZodType {
  let inner = schema;
  while (value !== null && value !== undefined && (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable))
    inner = inner.unwrap() as z.ZodType;
  return inner;
}

/** An object whose unknown members are dropped and whose members are judged each for itself. */
function isPlainObject(schema: z.ZodType): schema is z.ZodObject {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined && !isChecked(schema);
}

function isChecked(schema: z.ZodType): boolean {
  return (schema.def.checks?.length ?? 0) > 0;
}
