import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastSummary, ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import type { EmergencySettingsView } from '../../controller/protocol/settings.ts';
import { decodeFile, levelDb } from '../support/audio-compare.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { findInHorn, hornStretch } from '../support/horn.ts';
import { until } from '../support/until.ts';

const WAKE_UP_MS = 1500;
const ATTENTION_MS = 4000;
const SAMPLES_PER_MS = 48;
const FIRST_WORD_MS = 400;

/** Three poles whose amplifiers are powered down. Each is woken once: the first by a plan, the second by hand, the third by an emergency. */
describe('an amplifier that needs 1.5 s to wake up', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 3 });
  const folder = path.join(commune.dataDir, '..');
  const horn = (n: number): string => path.join(folder, `SIM-000${n}.wav`);
  let bulletin: Bulletin;
  let message: Bulletin;
  let planned: BroadcastSummary;
  let byHand: BroadcastSummary;
  let warning: BroadcastSummary;
  let plannedAtMs = 0;

  beforeAll(async () => {
    await commune.start();
    const extra = ['--wake-up', String(WAKE_UP_MS)];
    await commune.startSimulator({ listen: { 'SIM-0001': horn(1), 'SIM-0002': horn(2), 'SIM-0003': horn(3) }, extra });
    [bulletin, message] = await Promise.all([
      commune.bulletinFromText('Tiêm chủng', 'Mời bà con đưa trẻ đi tiêm chủng tại nhà văn hóa ấp 3.'),
      commune.bulletinFromText('Lũ về', 'Lũ đang về. Bà con rời khỏi bờ sông ngay.', 'emergency'),
    ]);
  }, 180_000);
  afterAll(() => commune.close());

  const air = async (clusterId: string, more: { startsAtMs?: number }): Promise<BroadcastSummary> => {
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const targets = { hamletIds: [], clusterIds: [clusterId] };
    return commune.broadcastOver(await commune.api.startBroadcast({ class: 'normal', content, targets, ...more }));
  };
  const soundOf = async (url: string, name: string): Promise<Float32Array> => {
    const file = path.join(folder, name);
    writeFileSync(file, (await commune.api.call('GET', url)).raw);
    return (await decodeFile(file)).samples;
  };
  const masterOf = (one: Bulletin): Promise<Float32Array> => soundOf(`/api/bulletins/${one.bulletinId}/audio`, `${one.bulletinId}.opus`);

  it('is told in the settings, where the signal’s length is chosen', async () => {
    const chosen = { attentionSignal: 'sweep', attentionMs: ATTENTION_MS };
    expect(await commune.api.expect<EmergencySettingsView>('PUT', '/api/settings/emergency', chosen)).toEqual({
      ...chosen,
      longestWakeUpMs: WAKE_UP_MS,
      longestAttentionMs: ATTENTION_MS,
    });
  });

  it('is woken ahead by what is planned, waited for by what is started by hand, and not by an emergency', async () => {
    plannedAtMs = Date.now() + 4000;
    planned = await air('ap-01-c1', { startsAtMs: plannedAtMs });
    byHand = await air('ap-01-c2', {});
    expect(byHand.startedAtMs ?? 0).toBeGreaterThanOrEqual(byHand.startsAtMs + WAKE_UP_MS);
    const content = { kind: 'bulletin' as const, bulletinId: message.bulletinId, repeat: 1, pauseMs: 0 };
    warning = await commune.broadcastOver(await commune.api.startBroadcast({ class: 'emergency', content }));
    expect((warning.startedAtMs ?? 0) - warning.startsAtMs).toBeLessThan(WAKE_UP_MS);
    expect([planned, byHand, warning].map((one) => one.status)).toEqual(['finished', 'finished', 'finished']);
  }, 120_000);

  it('lets a bulletin out from its first word: planned at its instant, by hand as soon as it can', async () => {
    // Whole receipts come at once; the recordings are complete only when the simulator has ended.
    const outcomesOf = async ({ broadcastId }: BroadcastSummary): Promise<string[]> => {
      const { outcomes } = await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`);
      return outcomes.map(({ outcome }) => outcome);
    };
    expect(await outcomesOf(planned)).toEqual(['whole']);
    expect(await outcomesOf(byHand)).toEqual(['whole']);
    // Whole is the message: what the signal lost makes it no part, and nothing to be made up.
    await until('all receipts of the warning are in', async () => !(await outcomesOf(warning)).includes('pending'));
    expect(await outcomesOf(warning)).toEqual(['whole', 'whole', 'whole']);
    const meant = await masterOf(bulletin);
    const sweep = await soundOf(`/api/attention-signals/sweep/audio?durationMs=${ATTENTION_MS}`, 'sweep.opus');
    const said = await masterOf(message);
    await commune.stopSimulator();

    const expectWhole = (file: string, sound: Float32Array, atMs: number): void => {
      const around = { fromMs: atMs - 1000, untilMs: atMs + sound.length / SAMPLES_PER_MS + 1000 };
      const whole = findInHorn(file, sound, around);
      expect(whole.correlation).toBeGreaterThan(0.95);
      expect(Math.abs(whole.soundedAtMs - atMs)).toBeLessThan(15);
      const firstWord = findInHorn(file, sound.subarray(0, FIRST_WORD_MS * SAMPLES_PER_MS), {
        ...around,
        untilMs: atMs + FIRST_WORD_MS + 300,
      });
      expect(firstWord.correlation).toBeGreaterThan(0.9);
      expect(Math.abs(firstWord.soundedAtMs - atMs)).toBeLessThan(30);
    };
    expectWhole(horn(1), meant, plannedAtMs);
    expectWhole(horn(2), meant, byHand.startedAtMs ?? 0);

    // The emergency: silent while the amplifier wakes, then the rest of the signal at its place, and the whole message.
    const startedAtMs = warning.startedAtMs ?? 0;
    const during = (fromMs: number, untilMs: number): number =>
      levelDb(hornStretch(horn(3), { fromMs: startedAtMs + fromMs, untilMs: startedAtMs + untilMs }).samples);
    // What arrives ahead of its instant wakes it ahead, by the playout delay and no more.
    expect(during(0, WAKE_UP_MS - 600)).toBeLessThan(-100);
    const rest = sweep.subarray((WAKE_UP_MS + 100) * SAMPLES_PER_MS, (ATTENTION_MS - 100) * SAMPLES_PER_MS);
    const heard = findInHorn(horn(3), rest, { fromMs: startedAtMs, untilMs: startedAtMs + ATTENTION_MS + 500 });
    expect(heard.correlation).toBeGreaterThan(0.95);
    // Opening its sound took the moment by which it begins later than it was told.
    const beganAtMs = heard.soundedAtMs - WAKE_UP_MS - 100;
    expect(Math.abs(beganAtMs - startedAtMs)).toBeLessThan(300);
    expectWhole(horn(3), said, beganAtMs + ATTENTION_MS);
  }, 120_000);
});
