import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirePurpose } from '../../../controller/demo/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';

const opened: TestDatabase[] = [];
let demo: TestDatabase;
let real: TestDatabase;
beforeAll(async () => {
  demo = await startTestDatabase();
  real = await startTestDatabase();
  opened.push(demo, real);
});
afterAll(async () => {
  for (const database of opened) await database.close();
});

it('the demo and a real commune never share a database', async () => {
  const open = (database: TestDatabase, isDemo: boolean): Promise<void> =>
    requirePurpose({ store: database.store, place: '/data', isDemo });
  for (const _start of ['first', 'second']) {
    await open(demo, true);
    await open(real, false);
  }
  await expect(open(demo, false)).rejects.toMatchObject({
    code: 'demo.other_purpose',
    words: { en: expect.stringMatching(/^\/data holds the demo.*--data-dir/) },
  });
  await expect(open(real, true)).rejects.toMatchObject({
    code: 'demo.other_purpose',
    words: { en: expect.stringMatching(/^\/data holds a real commune.*--no-demo/) },
  });
});
