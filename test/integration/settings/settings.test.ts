import { eq } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry } from '../../../controller/accounts/audit.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { emergencySettings, FIRST_EMERGENCY_SETTINGS } from '../../../controller/protocol/settings.ts';
import { createSettings, settingsRoutes } from '../../../controller/settings/index.ts';
import { schema } from '../../../controller/store/index.ts';
import { createFakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';

const AUTHOR = { userId: null, displayName: 'Chị Hoa' };
const CHOSEN = { attentionSignal: 'sweep' as const, attentionMs: 8500 };
const audited: AuditEntry[] = [];
let database: TestDatabase;
const open = () =>
  createSettings({
    store: database.store,
    audit: { record: async (entry) => void audited.push(entry) },
    clock: new SystemClock(),
    logger: pino({ level: 'silent' }),
  });

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.close());

it('has first values, keeps what was chosen over a restart, and enters who chose what instead of what', async () => {
  const settings = open();
  await settings.start();
  expect(settings.emergency()).toEqual(FIRST_EMERGENCY_SETTINGS);
  expect(await settings.changeEmergency(CHOSEN, AUTHOR)).toEqual(CHOSEN);
  expect(settings.emergency()).toEqual(CHOSEN);
  const again = open();
  await again.start();
  expect(again.emergency()).toEqual(CHOSEN);
  expect(audited).toMatchObject([
    { actorName: 'Chị Hoa', action: 'settings.emergency_changed', detail: { before: FIRST_EMERGENCY_SETTINGS, after: CHOSEN } },
  ]);
});

it('begins with the first values where what is stored can’t be read: an emergency must have a signal', async () => {
  await database.store.db
    .update(schema.settings)
    .set({ value: { attentionSignal: 'gong' } })
    .where(eq(schema.settings.key, 'emergency'));
  const settings = open();
  await settings.start();
  expect(settings.emergency()).toEqual(FIRST_EMERGENCY_SETTINGS);
});

it.each([
  [{ attentionSignal: 'two_tone', attentionMs: 4000 }, true],
  [{ attentionSignal: 'two_tone', attentionMs: 10_000 }, true],
  [{ attentionSignal: 'two_tone', attentionMs: 3980 }, false],
  [{ attentionSignal: 'two_tone', attentionMs: 10_020 }, false],
  [{ attentionSignal: 'two_tone', attentionMs: 5010 }, false],
  [{ attentionSignal: 'correction', attentionMs: 5000 }, false],
])('%o may be chosen: %s', (chosen, may) => {
  expect(emergencySettings.safeParse(chosen).success).toBe(may);
});

it('says what the slowest amplifier makes of the length', async () => {
  const settings = open();
  const speakers = createFakeSpeakerDirectory(['ap-01-c1', 'ap-02-c1']);
  speakers.setWakeUp('ap-02-c1', 7000);
  const [read] = settingsRoutes({ settings, speakers, air: { attentionAudio: async () => Buffer.alloc(0) } });
  expect(await read?.handler({} as never)).toEqual({ ...FIRST_EMERGENCY_SETTINGS, longestWakeUpMs: 7000, longestAttentionMs: 8000 });
});
