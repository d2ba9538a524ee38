import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { ConditionFact } from '../../../controller/events.ts';
import { createDiskSpace } from '../../../controller/telemetry/disk-space.ts';
import { daysUntilFull } from '../../../controller/telemetry/disk-trend.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;
const logger = pino({ level: 'silent' });
const hourly = (freeOf: (hour: number) => number, hours: number) =>
  Array.from({ length: hours }, (_, hour) => ({ atMs: hour * HOUR_MS, freeBytes: freeOf(hour) }));

describe('the trend of the room on a disk', () => {
  it('says when it is full, going on as in the last week', () => {
    // 1 GB a day, 24 GB at first, after two days.
    const samples = hourly((hour) => 24e9 - (hour * 1e9) / 24, 49);
    expect(daysUntilFull(samples, 48 * HOUR_MS)).toBeCloseTo(22, 5);
    // What was before the last week counts no more.
    const changed = [...hourly(() => 50e9, 100), ...samples.map((one) => ({ ...one, atMs: one.atMs + 300 * HOUR_MS }))];
    expect(daysUntilFull(changed, 348 * HOUR_MS)).toBeCloseTo(22, 5);
  });

  it('says nothing of a disk that does not fill, nor of a few hours', () => {
    expect(daysUntilFull([], 0)).toBeUndefined();
    expect(
      daysUntilFull(
        hourly(() => 5e9, 48),
        47 * HOUR_MS,
      ),
    ).toBeUndefined();
    expect(
      daysUntilFull(
        hourly((hour) => 5e9 + hour * 1e6, 48),
        47 * HOUR_MS,
      ),
    ).toBeUndefined();
    expect(
      daysUntilFull(
        hourly((hour) => 5e9 - hour * 1e9, 4),
        3 * HOUR_MS,
      ),
    ).toBeUndefined();
  });
});

describe('the room on the data disk', () => {
  const make = async (dataDir: string, clock: TestClock, freeBytes: () => number) => {
    const told: ConditionFact[] = [];
    const made: string[] = [];
    const reserves = { start: { make: async () => void made.push('start') }, copies: { make: async () => void made.push('copies') } };
    const space = createDiskSpace({
      dataDirectory: { path: dataDir, freeBytes: async () => freeBytes(), reserves },
      clock,
      logger,
      onCondition: (fact) => void told.push(fact),
    });
    await space.start();
    return { space, told, made };
  };
  const noted = (dataDir: string): unknown[] => {
    const path = join(dataDir, 'log/disk-space.json');
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  };
  const pass = async (clock: TestClock, hours: number): Promise<void> => {
    for (let hour = 0; hour < hours; hour++) await clock.advance(HOUR_MS);
  };

  it('warns days before, also when the server was started in between, and takes it back', async () => {
    const dataDir = makeScratchFolder('disk-space');
    const clock = new TestClock();
    const beganAtMs = clock.nowMs();
    let bytesPerHour = 1e9 / 24;
    const free = (): number => 12e9 - ((clock.nowMs() - beganAtMs) / HOUR_MS) * bytesPerHour;
    const first = await make(dataDir, clock, free);
    await pass(clock, 8);
    expect(first.told).toEqual([]);
    await until('it is noted', () => noted(dataDir).length === 9);
    first.space.close();
    const second = await make(dataDir, clock, free);
    await pass(clock, 8);
    expect(second.told[0]).toMatchObject({ code: 'disk.filling', subject: 'data', state: 'raised' });
    expect(second.told[0]?.vi).toMatch(/đầy sau khoảng 1[12] ngày/);
    expect(second.told[0]?.en).toMatch(/full in about 1[12] days/);
    bytesPerHour = 0;
    await pass(clock, 24 * 8);
    expect(second.told.at(-1)).toMatchObject({ code: 'disk.filling', state: 'cleared' });
    await until('a week is kept', () => noted(dataDir).length === 169);
    second.space.close();
  });

  it('says what waits when it is short, stops what can wait when it is low, and does not flutter', async () => {
    const clock = new TestClock();
    let freeBytes = 5e9;
    const { space, told } = await make(makeScratchFolder('disk-space'), clock, () => freeBytes);
    const levels = async (...figures: number[]): Promise<string[]> => {
      told.length = 0;
      for (const figure of figures) {
        freeBytes = figure;
        await clock.advance(60_000);
      }
      return told.map(({ code, state }) => `${code} ${state}`);
    };
    expect(await levels(0.9e9, 1.1e9, 0.9e9)).toEqual(['disk.low raised']);
    expect(space.isLow()).toBe(false);
    space.requireRoom();
    expect(await levels(60e6, 70e6)).toEqual(['disk.low raised']);
    expect(space.isLow()).toBe(true);
    expect(() => space.requireRoom()).toThrow(expect.objectContaining({ code: 'disk.low', status: 507 }));
    expect(await levels(3e9)).toEqual(['disk.low cleared']);
    space.requireRoom();
    space.close();
  });

  it('has the reserves made, and made anew when they were given up', async () => {
    const clock = new TestClock();
    const { space, made } = await make(makeScratchFolder('disk-space'), clock, () => 5e9);
    await clock.advance(10_000);
    expect(made).toEqual(['start', 'copies', 'start', 'copies']);
    space.close();
  });

  it('starts with whatever stands in the place of its file', async () => {
    const dataDir = makeScratchFolder('disk-space');
    mkdirSync(join(dataDir, 'log'));
    for (const text of ['', '{', '{"a":1}', '[null]', '[{"atMs":"x"}]']) {
      writeFileSync(join(dataDir, 'log/disk-space.json'), text);
      const { space } = await make(dataDir, new TestClock(), () => 5e9);
      space.close();
    }
  });
});
