import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionKey } from '../../controller/protocol/conditions.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { mountSmallDisk, noSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const SMALL_MB = 190;

/** As a power cut and a full disk leave a commune's server in the night before a flood. */
describe.skipIf(noSmallDisk)('a start from a damaged data directory', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 1 });
  const inside = (name: string): string => path.join(commune.dataDir, name);
  let disk: SmallDisk;

  beforeAll(async () => {
    // All of the data on a disk that never has 200 MB free.
    disk = mountSmallDisk(SMALL_MB, path.dirname(commune.dataDir));
    await commune.start();
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(async () => {
    await commune.close();
    disk?.close();
  });

  it('plays an emergency, and says what was found', async () => {
    const { bulletinId } = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên nhanh, bà con di dời ngay.', 'emergency');
    await commune.killController();
    const aof = readdirSync(inside('redis/appendonlydir')).find((name) => name.endsWith('.incr.aof')) ?? expect.fail('no file');
    appendFileSync(inside(`redis/appendonlydir/${aof}`), Buffer.alloc(700));
    rmSync(inside('tls/server.pem'));
    execFileSync('mkfifo', [inside('tls/server.pem')]);
    rmSync(inside('journal'), { recursive: true });
    mkdirSync(inside('journal/unwritten.jsonl'), { recursive: true });
    rmSync(inside('uploads'), { recursive: true });
    writeFileSync(inside('uploads'), '');
    await commune.startController();
    const { conditions } = await commune.api.liveSnapshot();
    const codes = ['redis', 'server.pem', 'unwritten.jsonl', 'uploads'].map((name) => `start.set_aside ${name}`);
    expect(conditions.map(conditionKey)).toEqual(expect.arrayContaining(['start.disk_nearly_full', ...codes]));
    await until('the pole is back', () => commune.simulatorStatus.receiving === 1, 60_000);
    await commune.api.startBroadcast({
      ...{ title: 'Lũ', class: 'emergency', content: { kind: 'bulletin', bulletinId, repeat: 1, pauseMs: 0 } },
    });
    await until('it sounds', () => Number(commune.simulatorStatus.hearing ?? 0) === 1, 60_000);
    // The queue was made anew: work goes on.
    await commune.bulletinFromText('Sau đó', 'Vẫn làm được bản tin mới.');
  });

  it('without the authority’s key it says what to do, and makes no other by itself', async () => {
    await commune.killController();
    rmSync(inside('tls'), { recursive: true });
    await expect(commune.startController()).rejects.toThrow(/ended with 1:[\s\S]*authority\.pem[\s\S]*--new-authority/);
    expect(readdirSync(inside('tls'))).toEqual([]);
  });
});
