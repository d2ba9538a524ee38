import { expect, test } from 'vitest';
import { oneAtATime } from '../../../controller/speakers/one-at-a-time.ts';

test('calls for one key follow each other, also after one that failed, and other keys do not wait', async () => {
  const happened: string[] = [];
  const gates = new Map<string, () => void>();
  const read = oneAtATime(async (key: string) => {
    happened.push(`${key} begins`);
    await new Promise<void>((resolve) => gates.set(key, resolve));
    happened.push(`${key} ends`);
    if (happened.length < 5) throw new Error('the store is away');
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const open = async (key: string) => {
    gates.get(key)?.();
    await turn();
  };
  const first = read('a').catch((error: Error) => error.message);
  const second = read('a');
  const other = read('b');
  await turn();
  expect(happened).toEqual(['a begins', 'b begins']);
  await open('a');
  expect(await first).toBe('the store is away');
  expect(happened).toEqual(['a begins', 'b begins', 'a ends', 'a begins']);
  await open('b');
  await open('a');
  await Promise.all([second, other]);
  expect(happened).toEqual(['a begins', 'b begins', 'a ends', 'a begins', 'b ends', 'a ends']);
});
