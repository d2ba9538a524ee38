import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastList } from '../../controller/protocol/broadcasts.ts';
import { ACCOUNT_WORDS } from '../../web-console/i18n/account-words.ts';
import { ON_AIR_WORDS } from '../../web-console/i18n/on-air-words.ts';
import { SPEAK_WORDS } from '../../web-console/i18n/speak-words.ts';
import { decodeFile, locate } from '../support/audio-compare.ts';
import { launchChromium } from '../support/chromium.ts';
import { ADMINISTRATOR, CommuneProcess } from '../support/commune-process.ts';
import { comparePieces, hornStretch } from '../support/horn.ts';
import { until } from '../support/until.ts';

const SENTENCE = 'Kính thưa bà con, chiều nay có mưa to và gió mạnh, đề nghị bà con chằng chống nhà cửa, không ra đồng.';
const SAMPLES_PER_MS = 48;
const PAUSE_MS = 1000;
const REPETITION_MARGIN_MS = 2000;
/** Live sound has 40 ms to cross the network and no time to settle: five times the figure of a bulletin. */
const LAN_SKEW_MS = 1;

/** The announcer's way, in the announcer's own page: only a hand on the button and a voice in the microphone are simulated. */
describe('speaking live from the browser', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 3 });
  const horns = ['SIM-0001', 'SIM-0002', 'SIM-0003'];
  const folder = path.join(commune.dataDir, '..');
  const files = Object.fromEntries(horns.map((horn) => [horn, path.join(folder, `${horn}.wav`)]));
  const voice = path.join(folder, 'voice.wav');
  let browser: Browser;
  let page: Page;
  let spokeFromMs = 0;
  let spokeUntilMs = 0;

  beforeAll(async () => {
    await commune.start();
    await commune.startSimulator({ network: 'lan', listen: files });
    const spoken = path.join(folder, 'spoken.wav');
    execFileSync('espeak-ng', ['-v', 'vi', '-s', '150', '-w', spoken, SENTENCE]);
    // The browser repeats the file; the pause says where it begins.
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', spoken, '-af', 'apad=pad_dur=1', '-ar', '48000', '-ac', '1', voice]);
    browser = await launchChromium([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${voice}`,
    ]);
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'vi-VN', permissions: ['microphone'] });
    // The browser's noise suppression and gain control would be measured instead of our path.
    await context.addInitScript(() => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      devices.getUserMedia = () =>
        open({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    });
    page = await context.newPage();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await commune.close();
  });

  it('goes from the log-in page to the open microphone', async () => {
    await page.goto(commune.api.origin);
    await page.getByLabel(ACCOUNT_WORDS.vi.signIn.name).fill(ADMINISTRATOR.username);
    await page.locator('#password').fill(ADMINISTRATOR.password);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: ON_AIR_WORDS.vi.onAir.speakLive }).click();
    await page.getByRole('button', { name: SPEAK_WORDS.vi.speak.tryMicrophone }).click();
    // Where, when, how loud: said before anybody hears anything.
    await page.getByText('3 cụm loa').first().waitFor();
    await page.getByRole('button', { name: SPEAK_WORDS.vi.speak.start }).click();
    // The page asks for speech only once the poles have sounded the chime to its end; what is said before is lost.
    const talk = page.getByRole('button', { name: SPEAK_WORDS.vi.speak.holdToTalk });
    await talk.waitFor();
    await talk.hover();
    await page.mouse.down();
    spokeFromMs = Date.now();
    await page.getByText(SPEAK_WORDS.vi.speak.openStatus).first().waitFor();
    await until('every horn sounds', () => commune.simulatorStatus.hearing === horns.length);
    // Twice through the sentence, so that it is in the recording whole.
    await page.waitForTimeout(20_000);
    await page.mouse.up();
    spokeUntilMs = Date.now();
  });

  it('ends when the announcer says so, and says so to the announcer', async () => {
    await page.getByRole('button', { name: SPEAK_WORDS.vi.speak.finish }).click();
    await page.getByText(SPEAK_WORDS.vi.speak.micOff).waitFor();
    const { broadcasts } = await commune.api.expect<BroadcastList>('GET', '/api/broadcasts?view=history');
    const [spoken] = broadcasts.filter((one) => one.content.kind === 'microphone');
    const over = await commune.broadcastOver(spoken?.broadcastId ?? '');
    expect(['finished', 'stopped']).toContain(over.status);
  });

  it('was heard at every horn as it was spoken, at the same instant', async () => {
    await commune.stopSimulator();
    const meant = (await decodeFile(voice)).samples;
    const sentence = meant.subarray(0, meant.length - PAUSE_MS * SAMPLES_PER_MS);
    const window = { fromMs: spokeFromMs - 500, untilMs: spokeUntilMs + 1500 };
    const [first, ...others] = horns.map((horn) => hornStretch(files[horn] ?? '', window));
    if (!first) throw new Error('no horn was recorded');
    // The beginning of a whole sentence: one with enough recording behind it.
    const beginning = sentence.subarray(0, 1500 * SAMPLES_PER_MS);
    const found = locate(first.samples.subarray(0, first.samples.length - sentence.length), beginning);
    const start = Math.max(0, Math.round(found.offsetSamples));
    const heard = first.samples.subarray(start, start + sentence.length);
    const alike = comparePieces(heard, sentence);
    expect(alike.correlation).toBeGreaterThan(0.85);
    expect(alike.spectralDistanceDb).toBeLessThan(3);
    // The same speech backwards shows what chance gives.
    expect(comparePieces(heard, sentence.toReversed()).correlation).toBeLessThan(alike.correlation - 0.2);
    for (const other of others) {
      // The voice repeats itself: only around the same instant is it the same repetition.
      const expected = start + (first.firstSampleAtMs - other.firstSampleAtMs) * SAMPLES_PER_MS;
      const from = Math.max(0, Math.round(expected - REPETITION_MARGIN_MS * SAMPLES_PER_MS));
      const around = other.samples.subarray(from, from + heard.length + 2 * REPETITION_MARGIN_MS * SAMPLES_PER_MS);
      const same = locate(around, heard);
      expect(same.correlation).toBeGreaterThan(0.9);
      const skewMs = other.firstSampleAtMs - first.firstSampleAtMs + (from + same.offsetSamples - start) / SAMPLES_PER_MS;
      expect(Math.abs(skewMs)).toBeLessThan(LAN_SKEW_MS);
    }
  });
});
