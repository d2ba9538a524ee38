import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastPreview, ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import type { SpeakerListItem } from '../../controller/protocol/speakers.ts';
import { decodeFile, levelDb } from '../support/audio-compare.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { findInHorn, hornStretch } from '../support/horn.ts';
import { until } from '../support/until.ts';

const EMERGENCY_VOLUME_DB = -3;

describe('a pole that a person has muted and turned down', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 2 });
  const folder = path.join(commune.dataDir, '..');
  const horn = path.join(folder, 'SIM-0001.wav');
  let muted = '';
  let other = '';
  let aired: { fromMs: number; untilMs: number };

  beforeAll(async () => {
    await commune.start();
    await commune.startSimulator({ network: 'lan', listen: { 'SIM-0001': horn } });
    muted = (await speakers()).find(({ speakerId }) => speakerId === 'SIM-0001')?.clusterId ?? '';
    other = commune.clusterIds.find((clusterId) => clusterId !== muted) ?? '';
    const changes = { muted: true, volumeDb: -60, emergencyVolumeDb: EMERGENCY_VOLUME_DB };
    await commune.api.expect('PATCH', `/api/clusters/${muted}`, changes);
  }, 180_000);
  afterAll(() => commune.close());

  const speakers = async () => (await commune.api.expect<{ speakers: SpeakerListItem[] }>('GET', '/api/speakers')).speakers;
  const start = async (bulletin: Bulletin, broadcastClass: 'normal' | 'emergency'): Promise<string> => {
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title: bulletin.title, class: broadcastClass, content });
    await commune.broadcastOver(broadcastId);
    return broadcastId;
  };

  it('stays silent with a bulletin, as its preview says, and is told as muted, not as a fault', async () => {
    const bulletin = await commune.bulletinFromText('Tin sáng', 'Mời bà con ra nhà văn hóa ấp để nghe phổ biến về chuyển đổi số.');
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId };
    const preview = await commune.api.expect<BroadcastPreview>('POST', '/api/broadcasts/preview', {
      ...{ title: bulletin.title, class: 'normal', content, targets: { everything: true } },
    });
    expect(preview.vi).toContain('1 cụm đang tắt tiếng, sẽ không phát.');
    const fromMs = Date.now();
    const broadcastId = await start(bulletin, 'normal');
    let outcomes: ClusterOutcome[] = [];
    await until('all receipts are in', async () => {
      ({ outcomes } = await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`));
      return outcomes.every(({ outcome }) => outcome !== 'pending' && outcome !== 'unknown');
    });
    aired = { fromMs, untilMs: Date.now() };
    expect(Object.fromEntries(outcomes.map(({ clusterId, outcome }) => [clusterId, outcome]))).toEqual({
      [muted]: 'muted',
      [other]: 'whole',
    });
    expect(outcomes.find(({ clusterId }) => clusterId === muted)?.playedMs).toBe(0);
    const live = (await speakers()).find(({ clusterId }) => clusterId === muted)?.live;
    expect(live).toMatchObject({ muted: true, faults: [] });
  });

  it('sounds an emergency at its emergency volume', async () => {
    const bulletin = await commune.bulletinFromText('Khẩn cấp', 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.', 'emergency');
    const fromMs = Date.now();
    await start(bulletin, 'emergency');
    const untilMs = Date.now() + 2000;
    await commune.stopSimulator();
    const master = path.join(folder, 'emergency.opus');
    writeFileSync(master, (await commune.api.call('GET', `/api/bulletins/${bulletin.bulletinId}/audio`)).raw);
    const found = findInHorn(horn, (await decodeFile(master)).samples, { fromMs, untilMs });
    expect(found.correlation).toBeGreaterThan(0.95);
    expect(Math.abs(found.levelDifferenceDb - EMERGENCY_VOLUME_DB)).toBeLessThan(0.5);
    expect(levelDb(hornStretch(horn, aired).samples)).toBeLessThan(-90);
  });
});
