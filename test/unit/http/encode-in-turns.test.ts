import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeInTurns, isHeavy, jsonParts } from '../../../controller/http/encode-in-turns.ts';
import { broadcastContent, targets } from '../../../controller/protocol/broadcasts.ts';
import { clusterId } from '../../../controller/protocol/ids.ts';
import { scheduleView } from '../../../controller/protocol/schedules.ts';
import { processorMs } from '../../support/processor-time.ts';

const UUID = '0b5cbdf6-0d5c-4a0e-9d0c-0123456789ab';
const manyIds = Array.from({ length: 400 }, (_, index) => `ap-01-c${index}`);

const item = z.object({
  title: z.string(),
  content: broadcastContent,
  targets,
  clusterIds: z.array(clusterId),
  status: z.enum(['planned', 'finished']),
  endReason: z.string().nullable(),
  heldOffClusterIds: z.array(clusterId).optional(),
});
const itemList = z.object({ broadcasts: z.array(item), nextBefore: z.string().nullable() });

const summary = (title: string) => ({
  title,
  content: { kind: 'bulletin', bulletinId: UUID, repeat: 1, pauseMs: 0 },
  targets: { hamletIds: [], clusterIds: manyIds },
  clusterIds: manyIds,
  status: 'finished',
  endReason: null,
  secretOfTheServer: 'must not leave',
});

const text = async (schema: z.ZodType, value: unknown): Promise<string> => Buffer.concat(await encodeInTurns(schema, value)).toString();

describe('a long answer', () => {
  it('has the very text that encoding it whole has, without what its schema does not name', async () => {
    const list = { broadcasts: Array.from({ length: 20 }, (_, index) => summary(`Bản tin “${index}”\n`)), nextBefore: null };
    const encoded = await text(itemList, list);
    expect(encoded).toBe(JSON.stringify(z.encode(itemList, list as never)));
    expect(encoded).not.toContain('must not leave');
    expect([...jsonParts(itemList, list)].length).toBeGreaterThan(200);
  });

  it.each([
    ['nothing', z.object({ a: z.string().optional(), b: z.null() }), { a: undefined, b: null }],
    ['members that are absent', z.object({ a: z.array(z.string()).optional(), b: z.array(z.string()).nullable() }), { b: null }],
    ['a list in what may be absent', z.object({ a: z.array(z.string()).optional() }), { a: manyIds }],
    ['a record', z.object({ a: z.record(z.string(), z.unknown()) }), { a: Object.fromEntries(manyIds.map((id) => [id, { id }])) }],
    ['a list in a list', z.array(z.array(z.number())), [manyIds.map((_, index) => index), []]],
    ['an object with a check of its own', z.array(scheduleView.shape.nextAtMs), [manyIds.map((_, index) => index)]],
    ['members that pass through', z.looseObject({ a: z.array(z.string()) }), { a: manyIds, more: 1 }],
    ['what may be one thing or another', z.union([z.array(z.number()), z.array(z.string())]), manyIds],
  ])('is the same with %s', async (_, schema, value) => {
    expect(JSON.parse(await text(schema, value))).toEqual(JSON.parse(JSON.stringify(z.encode(schema, value as never))));
  });

  it('that does not fit its schema is no answer', async () => {
    const wrong = {
      broadcasts: [...Array.from({ length: 20 }, () => summary('x')), { ...summary('x'), status: 'sleeping' }],
      nextBefore: null,
    };
    await expect(encodeInTurns(itemList, wrong)).rejects.toThrow();
    const { title: _, ...lacking } = summary('x');
    await expect(encodeInTurns(item, lacking)).rejects.toThrow();
  });

  it('takes a turn that does not grow with it', () => {
    const longestPartMs = (count: number): number => {
      const parts = jsonParts(itemList, { broadcasts: Array.from({ length: count }, () => summary('x')), nextBefore: null });
      let longestMs = 0;
      for (let isDone = false; !isDone; )
        longestMs = Math.max(
          longestMs,
          processorMs(() => (isDone = parts.next().done === true)),
        );
      return longestMs;
    };
    longestPartMs(20);
    expect(longestPartMs(400)).toBeLessThan(8 * Math.max(2, longestPartMs(50)));
  });

  it('is told from a short one without walking through it', () => {
    expect(isHeavy({ a: 1 })).toBe(false);
    expect(isHeavy('x'.repeat(100_000))).toBe(true);
    const huge = Array.from({ length: 1_000_000 }, () => 0);
    expect(processorMs(() => isHeavy(huge))).toBeLessThan(2);
    expect(isHeavy(huge)).toBe(true);
  });
});
