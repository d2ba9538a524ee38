import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder } from 'libopus-wasm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createDistributor, type Distributor, type MicrophonePacket } from '../../../controller/distribution/index.ts';
import { packetDurationSamples, parseToc } from '../../../controller/media/index.ts';
import { type BrowserMicrophone, startBrowserMicrophone } from '../../support/browser-microphone.ts';
import { until } from '../../support/until.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const TONE_HZ = 700;
const clock = new SystemClock();
let folder: string;
let distributor: Distributor;
let browser: BrowserMicrophone;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-microphone-'));
  const wavPath = join(folder, 'tone.wav');
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${TONE_HZ}:sample_rate=48000:duration=10`,
    '-af',
    'volume=4',
    wavPath,
  ]);
  distributor = createDistributor({
    mediaPorts: { min: 44_000, max: 44_999 },
    listen: { ipv4: '127.0.0.1' },
    workerCount: 1,
    clock,
    logger: pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' }),
    onCondition: () => undefined,
  });
  await distributor.start();
  browser = await startBrowserMicrophone({ distributor, microphoneId: ID, wavPath });
});
afterAll(async () => {
  await browser?.close();
  await distributor?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Power at one frequency against all of it (Goertzel). */
function shareOf(frequencyHz: number, pcm: Float32Array): number {
  const turn = (2 * Math.PI * frequencyHz) / 48_000;
  let real = 0;
  let imaginary = 0;
  let energy = 0;
  pcm.forEach((sample, i) => {
    real += sample * Math.cos(turn * i);
    imaginary += sample * Math.sin(turn * i);
    energy += sample * sample;
  });
  return (2 * (real ** 2 + imaginary ** 2)) / (pcm.length * energy);
}

describe('a browser’s microphone', () => {
  it('is refused at the wrong step and for parameters that are none', async () => {
    await expect(distributor.connectMicrophone(ID, {})).rejects.toMatchObject({ code: 'distribution.microphone_unknown' });
    await distributor.openMicrophone(ID);
    expect(distributor.microphone(ID)).toBeUndefined();
    await expect(distributor.produceMicrophone(ID, {})).rejects.toMatchObject({ code: 'distribution.microphone_stage' });
    await expect(distributor.connectMicrophone(ID, { fingerprints: 'no' })).rejects.toMatchObject({
      code: 'distribution.microphone_refused',
    });
    distributor.closeMicrophone(ID);
  });

  it('arrives as Opus packets with its sound in them, and its end is told', async () => {
    await browser.speak();
    const microphone = distributor.microphone(ID);
    if (!microphone) throw new Error('the microphone is not there');
    const packets: MicrophonePacket[] = [];
    const closed: string[] = [];
    microphone.onPacket((packet) => packets.push(packet));
    microphone.onClosed((reason) => closed.push(reason));
    await until('two seconds of sound', () => packets.length >= 100);

    const row = packets.slice(0, 100);
    expect(row.map((packet) => packetDurationSamples(packet.payload))).toEqual(row.map(() => 960));
    const steps = row.slice(1).map((packet, i) => (packet.rtpTimestamp - (row[i]?.rtpTimestamp ?? 0) + 2 ** 32) % 2 ** 32);
    expect(steps.filter((step) => step === 960).length).toBeGreaterThan(90);
    expect(parseToc(row[0]?.payload[0] ?? 0).stereo).toBe(false);
    const decoder = await createDecoder({ sampleRate: 48_000, channels: 1 });
    const pcm = row.map((packet) => decoder.decodeFloat(packet.payload).slice());
    decoder.free();
    const heard = Float32Array.from(pcm.slice(50).flatMap((frame) => [...frame]));
    expect(shareOf(TONE_HZ, heard)).toBeGreaterThan(0.9);

    expect((await distributor.stats()).microphones).toBe(1);
    await browser.page.close();
    await until('its end is told', () => closed.length === 1, 60_000);
    expect(distributor.microphone(ID)).toBeUndefined();
  });
});
