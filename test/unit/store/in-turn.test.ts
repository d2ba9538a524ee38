import { expect, it } from 'vitest';
import { inTurn } from '../../../controller/store/index.ts';

it('what was read later is not overtaken by what was read earlier, and a failure holds nobody up', async () => {
  let stored = 0;
  let inMemory = -1;
  let calls = 0;
  const load = inTurn(async () => {
    const call = ++calls;
    const read = stored;
    // The first reading comes back last, unless the second waits for it.
    for (let i = 0; i < (call === 1 ? 50 : 1); i++) await Promise.resolve();
    if (call === 3) throw new Error('away');
    inMemory = read;
  });
  const first = load();
  stored = 1;
  const second = load();
  await Promise.all([first, second]);
  expect(inMemory).toBe(1);
  stored = 2;
  const failing = load();
  const last = load();
  await expect(failing).rejects.toThrow('away');
  await last;
  expect(inMemory).toBe(2);
});
