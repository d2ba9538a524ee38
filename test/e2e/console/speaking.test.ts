import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { LIBRARY_WORDS } from '../../../web-console/i18n/library-words.ts';
import { SPEAK_WORDS } from '../../../web-console/i18n/speak-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();
const words = SPEAK_WORDS.vi.speak;
const talkButton = (page: Page) => page.locator('main button[aria-pressed]');
const isOpen = async (page: Page): Promise<boolean> => (await talkButton(page).getAttribute('aria-pressed')) === 'true';

/** What the browser's microphone does is at the test's command: `page.evaluate(() => window.tracks)`. */
declare global {
  interface Window {
    tracks: MediaStreamTrack[];
  }
}

async function openMicrophone(): Promise<Page> {
  const page = await suite.open('/settings');
  await page.addInitScript(() => {
    window.tracks = [];
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      window.tracks.push(...stream.getAudioTracks());
      return stream;
    };
  });
  await page.goto(`${suite.api.url}/speak`);
  await page.getByRole('button', { name: words.tryMicrophone }).click();
  await page.getByText(words.sayAFewWords).waitFor();
  return page;
}

async function startSpeaking(): Promise<{ page: Page; broadcastId: string | undefined }> {
  const page = await openMicrophone();
  await page.getByRole('button', { name: words.start, exact: true }).click();
  await talkButton(page).waitFor();
  return { page, broadcastId: suite.started()[0]?.broadcastId };
}

/** The device is pulled out: the browser ends the track and says so. */
const pullOut = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const track of window.tracks) {
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
  });
const trackEnabled = (page: Page): Promise<boolean | undefined> => page.evaluate(() => window.tracks.at(-1)?.enabled);
const deleted = (): number =>
  suite.api.commands.filter(({ method, path }) => method === 'DELETE' && path.startsWith('/api/microphones')).length;

describe('a microphone that nobody speaks into', () => {
  it('is told to whoever holds it, and no longer when it sounds again', async () => {
    const { page, broadcastId } = await startSpeaking();
    const silent = {
      type: 'condition',
      code: 'air.microphone_silent',
      subject: broadcastId,
      vi: 'Micro không có tiếng: kiểm tra micro.',
      en: '',
    } as const;
    suite.api.send({ ...silent, state: 'raised', subject: 'another talk', vi: 'Của người khác.' });
    suite.api.send({ ...silent, state: 'raised' });
    const told = page.locator('main').getByRole('alert').filter({ hasText: silent.vi });
    await told.waitFor();
    expect(await page.locator('main').getByText('Của người khác.').count()).toBe(0);
    suite.api.send({ ...silent, state: 'cleared', vi: 'Đã có tiếng lại.' });
    await told.waitFor({ state: 'detached' });
  });
});

describe('the chime before the speech', () => {
  it('the microphone can’t be opened while it plays, and says so; then it can', async () => {
    const { page, broadcastId } = await startSpeaking();
    await page.getByRole('heading', { name: words.chime }).waitFor();
    await talkButton(page).getByText(words.waitForChime).waitFor();
    await talkButton(page).dispatchEvent('click');
    suite.sounded(broadcastId, 700);
    expect(await isOpen(page)).toBe(false);
    expect(await trackEnabled(page)).toBe(false);
    suite.sounded(broadcastId, 1800);
    await page.getByRole('heading', { name: words.onAir, exact: true }).waitFor();
    await talkButton(page).getByText(words.holdToTalk).waitFor();
    await talkButton(page).hover();
    await page.mouse.down();
    await page.getByText(words.open, { exact: true }).waitFor();
    expect(await trackEnabled(page)).toBe(true);
    await page.mouse.up();
    await expect.poll(() => trackEnabled(page)).toBe(false);
  });

  it('a button held since the chime opens when it is over, and shuts when it is let go', async () => {
    const { page, broadcastId } = await startSpeaking();
    await talkButton(page).hover();
    await page.mouse.down();
    await page.waitForTimeout(300);
    expect(await isOpen(page)).toBe(false);
    suite.sounded(broadcastId, 1500);
    await expect.poll(() => isOpen(page)).toBe(true);
    await page.mouse.up();
    await expect.poll(() => isOpen(page)).toBe(false);
  });

  it('let go before its end, it stays shut', async () => {
    const { page, broadcastId } = await startSpeaking();
    await talkButton(page).hover();
    await page.mouse.down();
    await page.mouse.up();
    suite.sounded(broadcastId, 2000);
    await talkButton(page).getByText(words.holdToTalk).waitFor();
    expect(await isOpen(page)).toBe(false);
  });
});

describe('a microphone that goes away', () => {
  it('while somebody speaks: quiet, said, ended, and not resumed', async () => {
    const { page, broadcastId } = await startSpeaking();
    suite.sounded(broadcastId, 2000);
    await talkButton(page).getByText(words.holdToTalk).waitFor();
    await page.getByLabel(words.toggleChoice).check();
    await talkButton(page).click();
    await expect.poll(() => isOpen(page)).toBe(true);
    await pullOut(page);
    await page.getByText(/^Micro bị ngắt lúc .* Đã dừng phát\.$/).waitFor();
    await page.getByText(words.micOff).waitFor();
    await expect.poll(() => suite.stopped()).toEqual([`/api/broadcasts/${broadcastId}/stop`]);
    await expect.poll(deleted).toBe(1);
    await page.waitForTimeout(1500);
    expect(suite.started()).toHaveLength(1);
    expect(await page.evaluate(() => window.tracks.length)).toBe(1);
  });

  it('between the start and its acknowledgement: ended as soon as it is known', async () => {
    const page = await openMicrophone();
    let answer: (() => void) | undefined;
    await page.route('**/api/broadcasts', async (route) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    });
    await page.getByRole('button', { name: words.start, exact: true }).click();
    await expect.poll(() => answer !== undefined).toBe(true);
    await pullOut(page);
    answer?.();
    await page.getByText(/^Micro bị ngắt lúc/).waitFor();
    expect(suite.stopped()).toEqual([`/api/broadcasts/${suite.started()[0]?.broadcastId}/stop`]);
  });

  it('while it is only tried: nothing was played, and one can try again', async () => {
    const page = await openMicrophone();
    await pullOut(page);
    await page.getByText(words.trouble.ended).waitFor();
    expect(suite.started()).toEqual([]);
    await page.getByRole('button', { name: words.tryMicrophone }).click();
    await page.getByText(words.sayAFewWords).waitFor();
  });
});

describe('leaving while speaking', () => {
  const linkTo = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

  it('is asked about; staying goes on, leaving ends the speech', async () => {
    const { page, broadcastId } = await startSpeaking();
    await linkTo(page, vi.nav.library).click();
    await page.getByText(words.leaveSpeaking.question).waitFor();
    expect(suite.stopped()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByText(words.leaveSpeaking.question).waitFor({ state: 'detached' });
    await talkButton(page).waitFor();
    await linkTo(page, vi.nav.library).click();
    await page.getByRole('button', { name: words.leaveSpeaking.leave }).click();
    await page.getByRole('heading', { name: LIBRARY_WORDS.vi.library.title }).waitFor();
    await expect.poll(() => suite.stopped()).toEqual([`/api/broadcasts/${broadcastId}/stop`]);
    await expect.poll(deleted).toBe(1);
  });

  it('the question goes when the speech was ended by somebody else, and the page says so', async () => {
    const { page, broadcastId } = await startSpeaking();
    await linkTo(page, vi.nav.library).click();
    await page.getByText(words.leaveSpeaking.question).waitFor();
    const broadcast = suite.api.commune.broadcasts.get(broadcastId ?? '');
    if (!broadcast) throw new Error('no such broadcast');
    suite.api.setBroadcast({ ...broadcast, status: 'stopped', endedAtMs: suite.api.nowMs() });
    await page.getByText(/^Buổi nói đã bị dừng từ máy chủ lúc/).waitFor();
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });

  it('during the start ends what was started, and closes its path', async () => {
    const page = await openMicrophone();
    let answer: (() => void) | undefined;
    await page.route('**/api/broadcasts', async (route) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    });
    await page.getByRole('button', { name: words.start, exact: true }).click();
    await expect.poll(() => answer !== undefined).toBe(true);
    await linkTo(page, vi.nav.library).click();
    await page.getByRole('button', { name: words.leaveStarting.leave }).click();
    await page.getByRole('heading', { name: LIBRARY_WORDS.vi.library.title }).waitFor();
    await expect.poll(deleted).toBe(1);
    answer?.();
    await expect.poll(() => suite.stopped()).toHaveLength(1);
    expect(suite.stopped()).toEqual([`/api/broadcasts/${suite.started()[0]?.broadcastId}/stop`]);
  });

  it('before the path stands starts nothing at all', async () => {
    const page = await openMicrophone();
    let answer: (() => void) | undefined;
    await page.route('**/api/microphones', async (route) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    });
    await page.getByRole('button', { name: words.start, exact: true }).click();
    await expect.poll(() => answer !== undefined).toBe(true);
    await linkTo(page, vi.nav.library).click();
    await page.getByRole('button', { name: words.leaveStarting.leave }).click();
    await page.getByRole('heading', { name: LIBRARY_WORDS.vi.library.title }).waitFor();
    answer?.();
    await page.waitForTimeout(1500);
    expect(suite.started()).toEqual([]);
  });
});

it('while it is being ended the microphone can’t be opened again', async () => {
  const { page, broadcastId } = await startSpeaking();
  suite.sounded(broadcastId, 2000);
  await talkButton(page).getByText(words.holdToTalk).waitFor();
  await page.getByLabel(words.toggleChoice).check();
  await talkButton(page).click();
  await expect.poll(() => isOpen(page)).toBe(true);
  suite.api.hanging.add(`/api/broadcasts/${broadcastId}/stop`);
  await page.getByRole('button', { name: words.finish }).click();
  await page.getByRole('heading', { name: words.ending }).waitFor();
  await talkButton(page).focus();
  await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
  expect(await isOpen(page)).toBe(false);
  expect(await trackEnabled(page)).toBe(false);
});
