import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Air, type AiredCopyRow, createAir, createAiredCopies } from '../../../controller/air/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createDistributor, type Distributor } from '../../../controller/distribution/index.ts';
import { packetDurationSamples, readOggOpus, splitPacket } from '../../../controller/media/index.ts';
import { hangReaders } from '../../support/hanging-disk.ts';
import { listen, makeSpokenMaster } from '../../support/spoken-master.ts';
import { createSrtpReceiver, type ReceivedPacket, type SrtpReceiver } from '../../support/srtp-receiver.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });
let folder: string;
let master: string;
let distributor: Distributor;
let air: Air;
let receiver: SrtpReceiver;
const begun: AiredCopyRow[] = [];
const ended: { row: AiredCopyRow; endsAtMs: number; sizeBytes: number; sha256: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-air-'));
  master = await makeSpokenMaster(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  begun.length = 0;
  ended.length = 0;
  distributor = createDistributor({
    mediaPorts: { min: 43_000, max: 43_999 },
    listen: { ipv4: '127.0.0.1' },
    workerCount: 1,
    clock,
    logger,
    onCondition: () => undefined,
  });
  await distributor.start();
  const copies = createAiredCopies({
    dataDir: folder,
    store: {
      begun: async (row) => void begun.push({ ...row }),
      ended: async (row, facts) => void ended.push({ row: { ...row }, ...facts }),
      unfinished: async () => [],
      known: async () => new Set<string>(),
      close: async () => undefined,
    },
    clock,
    logger,
    onCondition: (condition) => expect.fail(condition.en),
  });
  air = createAir({
    clock,
    logger,
    distributor,
    copies,
    openRelay: () => Promise.reject(new Error('no relay here')),
    onCondition: () => undefined,
  });
  await air.start();
  receiver = await createSrtpReceiver(await distributor.attachSpeaker('SPK-1', { families: ['ipv4'] }));
  receiver.open();
  await until('the path is open', () => distributor.isPathOpen('SPK-1'));
});
afterEach(async () => {
  await air.close();
  await distributor.close();
  receiver.close();
});

const programme = (): ReceivedPacket[] => receiver.packets.filter((packet) => packet.payload.length > 2);
const framesOf = (packets: readonly ReceivedPacket[]): string[] =>
  packets.flatMap((packet) => splitPacket(packet.payload).map((frame) => Buffer.from(frame).toString('base64')));
const masterFrames = async (): Promise<string[]> => {
  const file = await readOggOpus(master);
  const frames: string[] = [];
  for await (const packet of file.packets()) frames.push(...splitPacket(packet.data).map((frame) => Buffer.from(frame).toString('base64')));
  await file.close();
  return frames;
};

describe('a recorded programme', () => {
  it('reaches the speaker frame by frame, on an exact timeline, ahead of time, and is kept as it was aired', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const startAtMs = clock.nowMs() + 800;
    const progress: { positionMs: number; levelDb: number }[] = [];
    const source = air.recordedSource({ masterPath: master, repeat: 1, pauseMs: 0, chime: false, packetMs: 60 });
    const run = air.play({ broadcastId: 'b-1', channel, source, startAtMs, skipMs: 0, onProgress: (now) => progress.push(now) });
    expect(await run.ended).toEqual({ how: 'finished' });
    await until('the last packet', () => (programme().at(-1)?.captureAtMs ?? 0) > run.sentUntilMs() - 61);
    const frames = await masterFrames();
    const received = programme();
    expect(framesOf(received)).toEqual(frames);
    // Three frames to a packet but where the encoder changed its mode.
    expect(received.length).toBeLessThan(frames.length / 2.5);

    // The pre-skip (6.5 ms) lies before the start, the first audible sample on it.
    const preSkipMs = 312 / 48;
    expect(received[0]?.captureAtMs).toBeCloseTo(startAtMs - preSkipMs, 2);
    const first = received[0];
    let samples = 0;
    for (const packet of received) {
      expect((packet.rtpTimestamp - (first?.rtpTimestamp ?? 0) + 2 ** 32) % 2 ** 32).toBe(samples);
      expect(Math.abs((packet.captureAtMs ?? 0) - (first?.captureAtMs ?? 0) - samples / 48)).toBeLessThan(0.001);
      samples += packetDurationSamples(packet.payload);
    }
    const ahead = received.map((packet) => (packet.captureAtMs ?? 0) - packet.receivedAtMs).sort((a, b) => a - b);
    expect(ahead[Math.floor(ahead.length / 2)]).toBeGreaterThan(300);

    expect(progress.length).toBeGreaterThan(3);
    expect(progress.some((now) => now.levelDb > -40 && now.levelDb < 0)).toBe(true);
    expect(progress.map((now) => now.positionMs)).toEqual(progress.map((now) => now.positionMs).toSorted((a, b) => a - b));

    await until('the copy is complete', () => ended.length === 1);
    const copy = ended[0];
    if (!copy) throw new Error('no copy');
    const bytes = await readFile(join(folder, copy.row.path));
    expect(copy.row.path).toMatch(/^aired\/\d{4}\/\d\d\/\d\d\/b-1-1\.opus$/);
    expect([copy.sizeBytes, copy.sha256]).toEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')]);
    expect(copy.row.startsAtMs).toBeCloseTo(startAtMs - preSkipMs, 2);
    expect((await listen(join(folder, copy.row.path))).durationMs).toBeCloseTo(frames.length * 20, 0);
  });

  it('begins in the middle when it is resumed, the position exactly on its instant', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const startAtMs = clock.nowMs() + 300;
    const skipMs = 2345.6;
    const source = air.recordedSource({ masterPath: master, repeat: 1, pauseMs: 0, chime: false, packetMs: 60 });
    const run = air.play({ broadcastId: 'b-2', channel, source, startAtMs, skipMs, onProgress: () => undefined });
    await until('some packets', () => programme().length > 5);
    const stopping = run.stop();
    const sent = programme().length;
    await stopping;
    expect(await run.ended).toEqual({ how: 'stopped' });
    await clock.sleep(300);
    expect(programme().length).toBeLessThanOrEqual(sent + 2);
    const frames = await masterFrames();
    const received = framesOf(programme());
    const firstIndex = frames.indexOf(received[0] ?? '');
    expect(received).toEqual(frames.slice(firstIndex, firstIndex + received.length));
    const wantedSample = 312 / 48 + skipMs;
    expect(firstIndex).toBe(Math.floor(wantedSample / 20));
    expect((programme()[0]?.captureAtMs ?? 0) + (wantedSample - firstIndex * 20)).toBeCloseTo(startAtMs, 1);
    expect(run.positionMs()).toBeGreaterThanOrEqual(skipMs);
  });

  it('says what is wrong when the master is gone', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    const source = air.recordedSource({ masterPath: join(folder, 'nothing.opus'), repeat: 1, pauseMs: 0, chime: false, packetMs: 60 });
    const run = air.play({ broadcastId: 'b-3', channel, source, startAtMs: 0, skipMs: 0, onProgress: () => undefined });
    expect(await run.ended).toMatchObject({ how: 'failed', error: { code: 'air.master_unreadable' } });
  });

  it('gives up on a disk that hangs, and says so; what is at hand sounds', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const held = join(folder, 'held.opus');
    const unread = join(folder, 'unread.opus');
    for (const path of [held, unread]) await copyFile(master, path);
    air.keepAtHand([held]);
    // Nothing tells when it is read; the next reading of the same file comes behind it.
    await clock.sleep(500);
    const release = [held, unread].map(hangReaders);
    const play = (masterPath: string) =>
      air.play({
        broadcastId: 'b-6',
        channel,
        source: air.recordedSource({ masterPath, repeat: 1, pauseMs: 0, chime: false, packetMs: 60 }),
        startAtMs: clock.nowMs(),
        skipMs: 0,
        onProgress: () => undefined,
      });
    const hanging = play(unread);
    const heard = play(held);
    expect(await heard.ended).toEqual({ how: 'finished' });
    await until('all of it', () => framesOf(programme()).length >= Math.floor(heard.positionMs() / 20));
    expect(await hanging.ended).toMatchObject({ how: 'failed', error: { code: 'air.disk_silent' } });
    for (const letGo of release) letGo();
  });

  it('follows a chime without a gap, and repeats with a pause that keeps the channel', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const source = air.recordedSource({ masterPath: master, repeat: 2, pauseMs: 500, chime: true, packetMs: 60 });
    // 1.8 s of chime, two playings of some 5 s, half a second between them: begin shortly before the pause.
    const { durationMs } = await listen(master);
    const startAtMs = clock.nowMs() + 100;
    const run = air.play({ broadcastId: 'b-4', channel, source, startAtMs, skipMs: 1800 + durationMs - 300, onProgress: () => undefined });
    await until('the second playing', () => (programme().at(-1)?.captureAtMs ?? 0) > startAtMs + 1200);
    await run.stop();
    const received = programme();
    received.slice(1).forEach((packet, i) => {
      const before = received[i];
      const beforeMs = packetDurationSamples(before?.payload ?? Buffer.from([0])) / 48;
      expect((packet.captureAtMs ?? 0) - (before?.captureAtMs ?? 0)).toBeCloseTo(beforeMs, 2);
    });
    const frames = framesOf(received);
    expect(frames.filter((frame) => frame === Buffer.from([0xf8, 0xff, 0xfe]).toString('base64'))).toHaveLength(25);
    expect(frames).toContain((await masterFrames())[0]);
  });
});

describe('the chime', () => {
  it('sounds for its time at a fair level', async () => {
    const channel = await distributor.openChannel({ channelId: 'one', class: 'normal' });
    await channel.addSpeaker('SPK-1');
    const source = air.sequence([air.recordedSource({ masterPath: master, repeat: 1, pauseMs: 0, chime: true, packetMs: 60 })]);
    const levels: number[] = [];
    const run = air.play({ broadcastId: 'b-5', channel, source, startAtMs: 0, skipMs: 0, onProgress: (now) => levels.push(now.levelDb) });
    await until('some of it', () => levels.length >= 2);
    await run.stop();
    expect(Math.max(...levels)).toBeGreaterThan(-25);
    expect(Math.max(...levels)).toBeLessThan(-6);
  });
});
