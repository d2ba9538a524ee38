import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { DistributorLoad, type LoadedWorker } from '../../../controller/distribution/distributor-load.ts';
import type { AppEvents } from '../../../controller/events.ts';

const workers = [0, 1].map((index) => ({ index, paths: 0, alive: true, behind: false }));
const told: AppEvents['system.condition'][] = [];
let clock: TestClock;
let load: DistributorLoad;
const asWorker = (worker: (typeof workers)[number]): LoadedWorker => ({
  index: worker.index,
  isAlive: () => worker.alive,
  isBehind: () => worker.behind,
  load: () => ({ paths: worker.paths, packetUs: 6 }),
});
const [first, second] = workers as [(typeof workers)[number], (typeof workers)[number]];
const states = (): string[] => told.map(({ code, subject, state }) => `${code}${subject ? `.${subject}` : ''} ${state}`);

beforeEach(() => {
  for (const worker of workers) Object.assign(worker, { paths: 0, alive: true, behind: false });
  told.length = 0;
  clock = new TestClock();
  load = new DistributorLoad({
    workers: () => workers.map(asWorker),
    clock,
    logger: pino({ level: 'silent' }),
    onCondition: (condition) => told.push(condition),
  });
  load.start();
});

it('makes live packets longer for the fullest worker that lives, says so, and says when it is over', async () => {
  first.paths = 1500;
  await clock.advance(1000);
  expect(load.livePacketMs()).toBe(40);
  second.paths = 2500;
  await clock.advance(1000);
  expect(load.livePacketMs()).toBe(60);
  expect(told.at(-1)?.en).toMatch(/2500 speakers.*60 instead of 20 ms.*40 ms later/);
  second.alive = false;
  first.paths = 100;
  await clock.advance(1000);
  expect(load.livePacketMs()).toBe(20);
  expect(states()).toEqual(['distribution.long_packets raised', 'distribution.long_packets raised', 'distribution.long_packets cleared']);
});

it('lets emergencies go as far ahead as the fullest worker can take', () => {
  const alone = load.fillSpeed(20);
  first.paths = 100;
  second.paths = 1000;
  expect(load.fillSpeed(20)).toBeCloseTo(0.8 / 0.3, 5);
  second.alive = false;
  expect(load.fillSpeed(20)).toBeCloseTo(8 / 0.3, 5);
  expect(alone).toBeGreaterThan(load.fillSpeed(20));
});

it('turns away the speaker too many in words, until none has asked in vain for a minute', async () => {
  first.paths = 8000;
  load.requireRoom(asWorker(first));
  first.paths = 8001;
  expect(() => load.requireRoom(asWorker(first))).toThrow(expect.objectContaining({ code: 'distribution.full', status: 503 }));
  expect(states()).toEqual(['distribution.full raised']);
  await clock.advance(59_000);
  expect(states()).toHaveLength(1 + 1);
  expect(states()[1]).toBe('distribution.long_packets raised');
  await clock.advance(2000);
  expect(states().at(-1)).toBe('distribution.full cleared');
});

it('says which worker falls behind for longer than many speakers that come at once take, and when it has caught up', async () => {
  second.behind = true;
  await clock.advance(2000);
  second.behind = false;
  await clock.advance(1000);
  expect(states()).toEqual([]);
  second.behind = true;
  await clock.advance(3000);
  second.behind = false;
  await clock.advance(2000);
  second.behind = true;
  await clock.advance(1000);
  expect(states()).toEqual(['distribution.behind.1 raised']);
  second.behind = false;
  await clock.advance(3000);
  expect(states()).toEqual(['distribution.behind.1 raised', 'distribution.behind.1 cleared']);
  expect(told[0]?.vi).toContain('số 2');
});
