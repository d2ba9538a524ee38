import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Air, createAir } from '../../../controller/air/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createDistributor, type Distributor, type MicrophonePacket } from '../../../controller/distribution/index.ts';
import { CHIME_MS } from '../../../controller/protocol/media.ts';
import { countedCopies } from '../../support/air-fakes.ts';
import { type BrowserMicrophone, startBrowserMicrophone } from '../../support/browser-microphone.ts';
import { createSrtpReceiver } from '../../support/srtp-receiver.ts';
import { until } from '../../support/until.ts';

const ID = '00000000-0000-4000-8000-000000000002';
const clock = new SystemClock();
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });
let folder: string;
let distributor: Distributor;
let browser: BrowserMicrophone;
let air: Air;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-live-'));
  const wavPath = join(folder, 'tone.wav');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=frequency=700:sample_rate=48000:duration=10', wavPath]);
  const common = { clock, logger, onCondition: () => undefined };
  distributor = createDistributor({ mediaPorts: { min: 45_000, max: 45_999 }, listen: { ipv4: '127.0.0.1' }, workerCount: 1, ...common });
  await distributor.start();
  air = createAir({ distributor, copies: countedCopies(), openRelay: () => Promise.reject(new Error('no relay here')), ...common });
  await air.start();
  browser = await startBrowserMicrophone({ distributor, microphoneId: ID, wavPath });
});
afterAll(async () => {
  await browser?.close();
  await air?.close();
  await distributor?.close();
  await rm(folder, { recursive: true, force: true });
});

it('a browser speaks, and its packets reach a speaker as they are, stamped on the air timeline, at once', async () => {
  const receiver = await createSrtpReceiver(await distributor.attachSpeaker('SPK-1', { families: ['ipv4'] }));
  receiver.open();
  await until('the path is open', () => distributor.isPathOpen('SPK-1'));
  const channel = await distributor.openChannel({ channelId: 'live', class: 'live' });
  await channel.addSpeaker('SPK-1');
  await browser.speak({ frameMs: 10 });
  const said: MicrophonePacket[] = [];
  distributor.microphone(ID)?.onPacket((packet) => said.push(packet));
  const source = air.microphoneSource({ broadcastId: 'b', microphoneId: ID, maxDurationMs: 60_000, chime: false });
  const levels: number[] = [];
  const run = air.play({ broadcastId: 'b', channel, source, startAtMs: 0, skipMs: 0, onProgress: (now) => levels.push(now.levelDb) });
  const heard = () => receiver.packets.filter((packet) => packet.payload.length > 3);
  await until('two seconds', () => heard().length >= 200 && levels.length >= 3);
  await run.stop();
  expect(await run.ended).toEqual({ how: 'stopped' });

  const spoken = new Map(said.map((packet) => [packet.payload.toString('base64'), packet]));
  const known = heard().filter((packet) => spoken.has(packet.payload.toString('base64')));
  expect(known.length).toBeGreaterThan(190);
  // From the arrival in this process to the arrival at the speaker: the way through the worker and nothing else.
  const tookMs = known.map((packet) => packet.receivedAtMs - (spoken.get(packet.payload.toString('base64'))?.receivedAtMs ?? 0));
  tookMs.sort((a, b) => a - b);
  if (process.env.LOA_XA_TEST_LOG) console.log(`microphone packet to speaker: p50 ${tookMs[tookMs.length >> 1]?.toFixed(2)} ms`);
  expect(tookMs[tookMs.length >> 1]).toBeLessThan(20);
  for (const packet of heard().slice(1)) {
    const first = heard()[0];
    const samples = (packet.rtpTimestamp - (first?.rtpTimestamp ?? 0) + 2 ** 32) % 2 ** 32;
    expect((packet.captureAtMs ?? 0) - (first?.captureAtMs ?? 0)).toBeCloseTo(samples / 48, 1);
  }
  expect(Math.max(...levels)).toBeGreaterThan(-40);
  receiver.close();
});

it('under the chime nothing of the microphone goes out: its first packet follows when the position has passed it', async () => {
  const receiver = await createSrtpReceiver(await distributor.attachSpeaker('SPK-2', { families: ['ipv4'] }));
  receiver.open();
  await until('the path is open', () => distributor.isPathOpen('SPK-2'));
  const channel = await distributor.openChannel({ channelId: 'chimed', class: 'live' });
  await channel.addSpeaker('SPK-2');
  const said = new Set<string>();
  distributor.microphone(ID)?.onPacket((packet) => said.add(packet.payload.toString('base64')));
  const source = air.microphoneSource({ broadcastId: 'c', microphoneId: ID, maxDurationMs: 60_000, chime: true });
  let firstSpoken: { captureAtMs: number; positionMs: number } | undefined;
  const run = air.play({ broadcastId: 'c', channel, source, startAtMs: 0, skipMs: 0, onProgress: () => undefined });
  await until('the voice is heard', () => {
    const spoken = receiver.packets.find((packet) => said.has(packet.payload.toString('base64')));
    firstSpoken ??= spoken && { captureAtMs: spoken.captureAtMs ?? 0, positionMs: run.positionMs() };
    return firstSpoken !== undefined;
  });
  await run.stop();
  const chimeFromMs = receiver.packets.find((packet) => packet.payload.length > 3)?.captureAtMs ?? 0;
  expect(firstSpoken?.positionMs).toBeGreaterThanOrEqual(CHIME_MS);
  expect((firstSpoken?.captureAtMs ?? 0) - chimeFromMs).toBeGreaterThanOrEqual(CHIME_MS - 1);
  expect((firstSpoken?.captureAtMs ?? 0) - chimeFromMs).toBeLessThan(CHIME_MS + 500);
  receiver.close();
});
