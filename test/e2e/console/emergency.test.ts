import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite, problemAnswer } from '../../support/console-suite.ts';
import { fakeBulletin } from '../../support/fake-commune.ts';

const suite = consoleSuite();
const words = vi.emergency;
const CORRECTION = 'Đính chính: thông báo nhầm';
const mistakeButton = (page: Page) => page.getByRole('button', { name: new RegExp(words.mistake) });

async function whileRunning(): Promise<Page> {
  suite.putOnAir({ class: 'emergency', title: 'Lũ về', durationMs: null });
  const page = await suite.open('/emergency');
  await mistakeButton(page).waitFor();
  return page;
}

async function armFirstHazard(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).click();
  await page.getByText(/KHẨN CẤP: “Lệnh sơ tán vì lũ” sẽ phát ngay/).waitFor();
}

describe('a false alarm', () => {
  it('says that the correction is on air, which itself can only be stopped', async () => {
    const page = await whileRunning();
    await page.getByRole('button', { name: new RegExp(CORRECTION) }).click();
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
    await page.getByRole('heading', { name: words.runningTitle(CORRECTION) }).waitFor();
    await expect.poll(() => mistakeButton(page).count()).toBe(0);
    await page.getByRole('button', { name: words.stopNow }).waitFor();
  });

  it('a correction that the server refuses is said after the emergency’s view is gone, and can be sent again, once', async () => {
    const page = await whileRunning();
    await page.route('**/api/broadcasts', (route) => route.fulfill(problemAnswer(409, 'air.busy', 'Loa đang bận.')));
    await mistakeButton(page).click();
    await page.getByText(words.falseAlarm.refused('Loa đang bận.')).waitFor();
    await page.getByRole('heading', { name: words.title, exact: true }).waitFor();
    await page.unroute('**/api/broadcasts');
    await page.getByRole('button', { name: words.falseAlarm.correct }).click();
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
    expect(suite.started()).toMatchObject([{ title: CORRECTION, class: 'emergency' }]);
  });

  it('one whose outcome is not known is said to be so, and followed until it is', async () => {
    const page = await whileRunning();
    suite.api.losingAnswers.add('/api/broadcasts');
    suite.api.nextBroadcast = { status: 'preparing', startedAtMs: null };
    await page.route('**/stop', async (route) => {
      suite.api.losingAnswers.clear();
      await route.continue();
    });
    await page.route('**/api/broadcasts', async (route) => {
      suite.api.losingAnswers.add('/api/broadcasts');
      await route.continue();
    });
    await mistakeButton(page).click();
    await page.getByText(words.falseAlarm.unknown).waitFor();
    await page.getByText(words.falseAlarm.acknowledged(CORRECTION)).waitFor();
    expect(new Set(suite.started().map((request) => request.broadcastId)).size).toBe(1);
  });

  it.each([
    ['stopped, though nothing can store it', undefined],
    ['over already', 'broadcast.over'],
  ])('is corrected when the emergency is %s', async (_, refusal) => {
    const page = await whileRunning();
    await page.route('**/stop', async (route) => {
      const response = await route.fetch();
      if (refusal) await route.fulfill(problemAnswer(409, refusal, 'Đã dừng.'));
      else await route.fulfill({ response, json: { ...(await response.json()), stored: false } });
    });
    await mistakeButton(page).click();
    await expect.poll(() => suite.started()).toMatchObject([{ title: CORRECTION }]);
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
  });

  it('a stop that never answered is not called a stop; asked again it is, and the correction follows', async () => {
    const page = await whileRunning();
    await page.route('**/stop', (route) => route.abort());
    await mistakeButton(page).click();
    await page.getByText(/Chưa rõ tin khẩn cấp đã dừng hay chưa\. Bản đính chính chưa phát\./).waitFor();
    expect(suite.started()).toEqual([]);
    await page.unroute('**/stop');
    await page.getByRole('button', { name: words.falseAlarm.stopAndCorrect }).click();
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
  });

  it('while the library can’t be loaded it is stopped at once, and the correction is looked for again', async () => {
    suite.api.failing.add('/api/bulletins');
    const page = await whileRunning();
    await expect.poll(() => page.getByText(words.mistakeOnlyStops).count()).toBe(0);
    await mistakeButton(page).click();
    await page.getByText(words.falseAlarm.notLoaded('Máy chủ gặp lỗi.')).waitFor();
    expect(suite.stopped()).toHaveLength(1);
    suite.api.failing.clear();
    await page.getByRole('button', { name: words.falseAlarm.correct }).click();
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
  });

  it('without a correction it says that nobody knows yet, and leads to the microphone', async () => {
    suite.api.commune.bulletins = suite.api.commune.bulletins.filter((bulletin) => bulletin.title !== CORRECTION);
    const page = await whileRunning();
    await page.getByText(words.mistakeOnlyStops).waitFor();
    await mistakeButton(page).click();
    const said = page.getByRole('alert').filter({ hasText: words.falseAlarm.noCorrection });
    await said.getByRole('button', { name: words.speak }).click();
    await page.getByRole('heading', { name: words.speak }).waitFor();
  });

  it('leaving before it is known what became of it is asked about', async () => {
    const page = await whileRunning();
    suite.api.hanging.add('/api/broadcasts');
    await mistakeButton(page).click();
    await page.getByText(words.falseAlarm.stopping).waitFor();
    await page.getByRole('link', { name: vi.nav.library }).click();
    await page.getByText(words.leave.question).waitFor();
    await page.getByRole('button', { name: words.leave.stay }).click();
    await mistakeButton(page).waitFor();
  });
});

describe('what is asked of the server', () => {
  it('is a warning until somebody stops it; the page says so, how long it has sounded and how often it was said', async () => {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await page.getByText(/lặp lại đến khi dừng/).waitFor();
    await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
    await page.getByRole('button', { name: words.stopNow }).waitFor();
    const [asked] = suite.started();
    expect(asked).toMatchObject({ class: 'emergency', emergencyKind: 'warning', content: { repeat: 'until_stopped', pauseMs: 5000 } });
    expect(asked).not.toMatchObject({ chime: true });
    await page.getByText(new RegExp(`${words.said(0)} · ${vi.tally.untilStopped}`)).waitFor();
    // 6 s of attention signal, then 20 s of message and 5 s of pause each time.
    suite.sounded(asked?.broadcastId, 6000 + 3 * 25_000);
    await page.getByText(new RegExp(`${words.said(3)} · ${vi.tally.untilStopped}`)).waitFor();
  });

  it('is a correction, or an all-clear, said twice: each is known as what it is', async () => {
    suite.api.commune.bulletins.push(fakeBulletin({ title: 'Hết tình huống khẩn cấp', topic: 'Hết khẩn cấp' }, suite.api.nowMs()));
    const page = await whileRunning();
    await mistakeButton(page).click();
    await page.getByText(words.falseAlarm.onAir(CORRECTION)).waitFor();
    expect(suite.started()).toMatchObject([{ emergencyKind: 'correction', content: { repeat: 2 } }]);
    await expect.poll(() => page.getByText(vi.tally.untilStopped).count()).toBe(0);
    await page.getByRole('button', { name: words.stopNow }).click();
    // After a correction nothing is left that could be over.
    await page.getByRole('heading', { name: words.title }).waitFor();
    expect(await page.getByRole('button', { name: words.allClear }).count()).toBe(0);
    suite.putOnAir({ class: 'emergency', title: 'Lũ về', durationMs: null });
    await page.getByRole('button', { name: words.stopNow }).click();
    await page.getByRole('button', { name: words.allClear }).click();
    await page.getByText(/sẽ phát ngay/).waitFor();
    const button = page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ });
    await button.focus();
    await page.keyboard.down('Enter');
    await expect.poll(() => suite.started().length, { timeout: 10_000 }).toBe(2);
    await page.keyboard.up('Enter');
    expect(suite.started()[1]).toMatchObject({ emergencyKind: 'all_clear', content: { repeat: 2 } });
  });
});

describe('the guard', () => {
  const hold = (page: Page) => page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ });
  const openPlaces = async (page: Page): Promise<void> => page.locator('summary', { hasText: words.changePlaces }).click();

  it('a countdown ends when the places change: nothing is fired to places whose sentence was not read', async () => {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await openPlaces(page);
    await page.getByLabel(vi.places.some).check();
    await page.getByLabel('Ấp 3', { exact: true }).check();
    await page.getByText(/sẽ phát ngay tại 3\/4 cụm loa/).waitFor();
    await hold(page).click();
    await page.getByText(/Sẽ phát sau \d giây/).waitFor();
    await page.getByLabel(vi.places.everything).check();
    await page.getByText(vi.hold.notFired, { exact: true }).waitFor();
    await page.waitForTimeout(5500);
    expect(suite.started()).toEqual([]);
    await hold(page).click();
    await page.getByRole('button', { name: words.stopNow }).waitFor();
    expect(suite.started()).toMatchObject([{ targets: { everything: true } }]);
  });

  it('with no place chosen it lets go, says why, and can be held again', async () => {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await openPlaces(page);
    await hold(page).click();
    await page.getByText(/Sẽ phát sau \d giây/).waitFor();
    await page.getByLabel(vi.places.some).check();
    await page.getByText(vi.play.noPlaces).waitFor();
    await page.waitForTimeout(5500);
    expect(await hold(page).getAttribute('data-phase')).toBe('idle');
    expect(suite.started()).toEqual([]);
    await page.getByLabel('Ấp 3', { exact: true }).check();
    await page.getByText(/sẽ phát ngay tại 3\/4 cụm loa/).waitFor();
    await hold(page).click();
    await page.getByRole('button', { name: words.stopNow }).waitFor();
    expect(suite.started()).toMatchObject([{ targets: { hamletIds: ['ap-03'] } }]);
  });

  it('lets go when the link is lost', async () => {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await hold(page).click();
    await page.getByText(/Sẽ phát sau \d giây/).waitFor();
    suite.api.cutLink();
    await page.waitForTimeout(6000);
    expect(suite.started()).toEqual([]);
  });
});

describe('after the acknowledgement', () => {
  async function fire(): Promise<Page> {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
    return page;
  }

  it('claims no sound, says when it failed and why, and leads back', async () => {
    suite.api.nextBroadcast = {
      status: 'failed',
      startedAtMs: null,
      endedAtMs: suite.api.nowMs(),
      endReason: 'Không cụm loa nào đang kết nối.',
    };
    const page = await fire();
    await page.getByText(words.firedEnded(vi.tally.status.failed, 'Không cụm loa nào đang kết nối.')).waitFor();
    expect(
      await page
        .locator('main')
        .getByText(/đang phát/i)
        .count(),
    ).toBe(0);
    await page.getByRole('button', { name: vi.play.back }).click();
    await page.getByRole('heading', { name: words.title, exact: true }).waitFor();
  });

  it('waits for the poles in words of its own', async () => {
    suite.api.nextBroadcast = { status: 'preparing', startedAtMs: null };
    const page = await fire();
    await page.getByRole('heading', { name: words.statusTitle(vi.tally.status.preparing, 'Lệnh sơ tán vì lũ') }).waitFor();
    await expect.poll(() => page.getByText(words.runningTitle('Lệnh sơ tán vì lũ')).count()).toBe(0);
  });

  it('a link that drops leaves it unknown, with a way back', async () => {
    // The feed is cut first: the acknowledgement arrives, the broadcast is never seen.
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await page.route('**/api/broadcasts', async (route) => {
      suite.api.cutLink();
      await route.continue();
    });
    await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
    await page.getByText(words.firedLinkLost).waitFor();
    await page.getByRole('button', { name: vi.play.back }).waitFor();
  });

  it('another person’s emergency does not hide that one’s own was refused; it is in the tally', async () => {
    const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await page.route('**/api/broadcasts', async (route) => {
      suite.putOnAir({ class: 'emergency', title: 'Cháy chợ', requestedBy: 'Trần Văn Bình' });
      await page.getByRole('region', { name: vi.tally.label }).getByText('Cháy chợ').waitFor();
      await route.fulfill(problemAnswer(409, 'air.busy', 'Loa đang bận.'));
    });
    await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
    await page.getByText('Loa đang bận. Chưa phát gì.').waitFor();
  });
});

it('says whose emergency was replaced, and that another person asked for the same', async () => {
  suite.putOnAir({
    ...{ class: 'emergency', title: 'Cháy', durationMs: null, requestedBy: 'Anh Ba', alsoRequestedBy: ['Cô Tư'] },
    tookOver: [{ broadcastId: crypto.randomUUID(), title: 'Lũ', requestedBy: 'Chị Hoa', isOver: true }],
  });
  const page = await suite.open('/emergency');
  await page.getByText(words.replaced('Lũ', 'Chị Hoa')).waitFor();
  await page.getByText(words.joined('Anh Ba', 'Cô Tư')).waitFor();
});

it('shows the emergency that runs already when the server answers with that instead of a second one', async () => {
  const page = await suite.open('/emergency', { countdownInsteadOfHold: true });
  await armFirstHazard(page);
  await page.route('**/api/broadcasts', (route) => {
    const running = suite.putOnAir({
      class: 'emergency',
      title: 'Lệnh sơ tán vì lũ',
      durationMs: null,
      requestedBy: 'Chị Hoa',
      alsoRequestedBy: ['Cô Tư'],
    });
    return route.fulfill({ status: 201, json: running });
  });
  await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
  await page.getByText(words.joined('Chị Hoa', 'Cô Tư')).waitFor();
  await page.getByRole('button', { name: words.stopNow }).waitFor();
});

it('another person’s emergency is in the tally while one is about to speak one, and is not doubled where the page shows it', async () => {
  const page = await suite.open('/emergency');
  const tally = page.getByRole('region', { name: vi.tally.label });
  await page.getByRole('button', { name: words.speak }).click();
  await page.getByRole('heading', { name: words.speak }).waitFor();
  suite.putOnAir({ class: 'emergency', title: 'Cháy chợ' });
  await tally.getByText('KHẨN CẤP, ĐANG PHÁT: Cháy chợ').waitFor();
  await page.getByRole('button', { name: vi.play.back }).click();
  await page.getByRole('heading', { name: words.runningTitle('Cháy chợ') }).waitFor();
  await tally.getByText('Cháy chợ').waitFor({ state: 'detached' });
  suite.putOnAir({ class: 'emergency', title: 'Vỡ đê', startedAtMs: suite.api.nowMs() - 60_000 });
  await tally.getByText('KHẨN CẤP, ĐANG PHÁT: Vỡ đê').waitFor();
});
