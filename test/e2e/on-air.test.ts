import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { decodeFile } from '../support/audio-compare.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { findInHorn } from '../support/horn.ts';
import { until } from '../support/until.ts';

/** Default volume of a cluster. */
const VOLUME_DB = -6;
/** Neighbours on `lan`: the target's p99. Half of the pairs must keep to it whatever this machine does meanwhile, and none may be far off. */
const LAN_SKEW_MS = 0.2;
const WORST_SKEW_MS = 2;
const LEAD_MS = 4000;

describe('a commune on air', () => {
  const commune = new CommuneProcess({
    ...{ hamlets: 2, clustersPerHamlet: 3 },
    environment: { LOA_XA_RELAY_NETWORKS: '127.0.0.0/8' },
  });
  const horns = ['SIM-0001', 'SIM-0002', 'SIM-0003'];
  const folder = path.join(commune.dataDir, '..');
  const files = Object.fromEntries(horns.map((horn) => [horn, path.join(folder, `${horn}.wav`)]));
  const aired: { name: string; bulletin: Bulletin; startsAtMs: number; broadcastId: string }[] = [];

  beforeAll(async () => {
    await commune.start();
    await commune.startSimulator({ network: 'lan', listen: files });
  }, 180_000);
  afterAll(() => commune.close());

  const air = async (name: string, bulletin: Bulletin): Promise<void> => {
    const startsAtMs = Date.now() + LEAD_MS;
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title: name, class: 'normal', content, startsAtMs });
    aired.push({ name, bulletin, startsAtMs, broadcastId });
    const over = await commune.broadcastOver(broadcastId);
    expect(over).toMatchObject({ status: 'finished', endReason: null });
  };

  const outcomesOf = async (broadcastId: string): Promise<ClusterOutcome[]> => {
    let outcomes: ClusterOutcome[] = [];
    await until('all receipts are in', async () => {
      ({ outcomes } = await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`));
      return outcomes.every(({ outcome }) => outcome !== 'pending' && outcome !== 'unknown');
    });
    return outcomes;
  };

  it('takes a spoken bulletin from text to every horn', async () => {
    const bulletin = await commune.bulletinFromText(
      'Tiêm chủng',
      'Mời bà con đưa trẻ dưới năm tuổi đi tiêm chủng ngày 10/10, từ 7h30, tại nhà văn hóa ấp 3.',
    );
    expect(bulletin.loudnessLufs).toBeGreaterThan(-17);
    expect(bulletin.loudnessLufs).toBeLessThan(-15);
    await air('spoken', bulletin);
  });

  it('takes an uploaded MP3 to every horn', async () => {
    const wav = path.join(folder, 'upload.wav');
    const mp3 = path.join(folder, 'Thông báo của xã.mp3');
    execFileSync('espeak-ng', [
      '-v',
      'vi',
      '-s',
      '150',
      '-w',
      wav,
      'Ngày mười tháng mười là ngày chuyển đổi số quốc gia. Kính mời bà con tham gia.',
    ]);
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', wav, '-ar', '44100', '-b:a', '96k', mp3]);
    const answer = await commune.api.upload<Bulletin>('/api/bulletins', mp3, { title: 'Chuyển đổi số', class: 'normal' });
    expect(answer.status).toBe(202);
    await air('uploaded', await commune.bulletinReady(answer.body.bulletinId));
  });

  it('proves from the speakers’ receipts that every cluster heard both whole', async () => {
    for (const { broadcastId } of aired) {
      const outcomes = await outcomesOf(broadcastId);
      expect(outcomes.map((outcome) => outcome.clusterId).sort()).toEqual(commune.clusterIds);
      expect(outcomes.map(({ outcome, evidence }) => `${outcome} by ${evidence}`)).toEqual(outcomes.map(() => 'whole by levels'));
    }
  });

  it('says of a station that sends silence that nobody hears it, while it lasts and afterwards', async () => {
    const silence = path.join(folder, 'silence.mp3');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'anullsrc=r=44100:cl=mono', '-t', '60', '-b:a', '64k', silence]);
    const station = createServer((_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(readFileSync(silence)));
    await new Promise<void>((resolve) => station.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(station.address() as AddressInfo).port}/live`;
    const content = { kind: 'relay' as const, url, durationMs: 9000 };
    const broadcastId = await commune.api.startBroadcast({ title: 'Đài huyện', class: 'relay', content, chime: true });
    const isUnheard = async (): Promise<boolean> => {
      const { conditions } = await commune.api.liveSnapshot();
      return conditions.some(
        ({ code, clearedAtMs, vi }) => code === 'air.nobody_hears' && !clearedAtMs && vi.includes('nguồn không có tiếng'),
      );
    };
    await until('it is said that nobody hears it', isUnheard, 30_000, 2000);
    expect((await commune.broadcast(broadcastId)).hearingClusters).toBe(0);
    await commune.broadcastOver(broadcastId);
    station.close();
    const outcomes = await outcomesOf(broadcastId);
    expect(outcomes).toHaveLength(6);
    expect(outcomes.map(({ outcome, cause }) => `${outcome}: ${cause?.code}`)).toEqual(outcomes.map(() => 'none: source_silent'));
  });

  it('sounded at its instant, the same everywhere, as it was meant', async () => {
    await commune.stopSimulator();
    expect(aired).toHaveLength(2);
    const skewsMs: number[] = [];
    for (const { name, bulletin, startsAtMs } of aired) {
      const answer = await commune.api.call('GET', `/api/bulletins/${bulletin.bulletinId}/audio`);
      const master = path.join(folder, `${name}.opus`);
      writeFileSync(master, answer.raw);
      const meant = (await decodeFile(master)).samples;
      const window = { fromMs: startsAtMs - 2000, untilMs: startsAtMs + meant.length / 48 + 2000 };
      const found = horns.map((horn) => findInHorn(files[horn] ?? '', meant, window));
      for (const finding of found) {
        // A busy machine makes the speakers' estimates of the clock tremble by a tenth of a millisecond, which is a whole period of the highest sounds.
        expect(finding.correlation, name).toBeGreaterThan(0.9);
        expect(Math.abs(finding.soundedAtMs - startsAtMs), `${name}: start against the wall clock`).toBeLessThan(5);
        expect(Math.abs(finding.levelDifferenceDb - VOLUME_DB), `${name}: level`).toBeLessThan(0.5);
        expect(finding.spectralDistanceDb, `${name}: spectrum`).toBeLessThan(1);
      }
      const instants = found.map((finding) => finding.soundedAtMs);
      for (const [index, one] of instants.entries()) for (const other of instants.slice(index + 1)) skewsMs.push(Math.abs(one - other));
    }
    skewsMs.sort((a, b) => a - b);
    expect(skewsMs).toHaveLength(6);
    expect(skewsMs[3], `skews ${skewsMs.map((skewMs) => skewMs.toFixed(3)).join(', ')} ms`).toBeLessThan(LAN_SKEW_MS);
    expect(skewsMs.at(-1)).toBeLessThan(WORST_SKEW_MS);
  });
});
