import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { SPEAK_WORDS } from '../../../web-console/i18n/speak-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();
const LONG =
  'Lệnh sơ tán khẩn cấp vì lũ quét và sạt lở đất tại các hộ ven suối Đá Trắng, ấp Bình Hòa và ấp Bình Thạnh, đến Trường Tiểu học Bình Hòa';
const BANNER =
  'Một bảng lịch không đọc được nên các bản tin trong đó chưa được đặt lịch; hãy sửa tệp rồi lưu lại, hoặc báo người quản trị.';
const PHONES = [
  { width: 390, height: 844 },
  { width: 360, height: 640 },
];

/** Wholly in the window, and what a finger on it hits, from its upper edge to its lower one. */
async function isInWindow(button: Locator): Promise<boolean> {
  return await button.evaluate((element) => {
    const { top, left, bottom, right } = element.getBoundingClientRect();
    const isHit = (y: number) => element.contains(document.elementFromPoint((left + right) / 2, y));
    const isWhole = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
    return isWhole && [top + 4, (top + bottom) / 2, bottom - 4].every(isHit);
  });
}

/** Without scrolling. */
async function isInSight(button: Locator): Promise<boolean> {
  return (await button.evaluate(() => scrollY === 0)) && (await isInWindow(button));
}

function raiseBanners(count: number): void {
  for (let n = 0; n < count; n++) {
    suite.api.send({ type: 'condition', state: 'raised', code: `test.banner_${n}`, vi: `${n}: ${BANNER}`, en: BANNER });
  }
}

async function raiseFourBanners(page: Page): Promise<void> {
  raiseBanners(4);
  await page.locator('[data-condition="test.banner_3"]').waitFor({ state: 'attached' });
}

async function openAt(size: { width: number; height: number }): Promise<Page> {
  const page = await suite.open('/library');
  await page.setViewportSize(size);
  await page.getByRole('link', { name: vi.nav.emergency, exact: true }).click();
  return page;
}

describe.each(PHONES)('on a phone of $width x $height', (size) => {
  it('an emergency with a long heading can be stopped without scrolling, under banners too', async () => {
    suite.putOnAir({
      class: 'emergency',
      title: LONG,
      durationMs: null,
      requestedBy: 'Trần Văn Bảy',
      alsoRequestedBy: ['Nguyễn Thị Hạnh'],
    });
    const page = await openAt(size);
    const stop = page.getByRole('button', { name: vi.emergency.stopNow });
    await stop.waitFor();
    await raiseFourBanners(page);
    expect(await isInSight(stop)).toBe(true);
    expect(await isInSight(page.getByRole('button', { name: new RegExp(vi.emergency.mistake) }))).toBe(true);
    await page.getByText(vi.link.conditions(4)).click();
    await page.getByText(`3: ${BANNER}`).waitFor();
    expect(await isInSight(stop)).toBe(true);
    // What stands behind it can be read all the same: the page goes on below.
    await page.getByText(vi.emergency.joined('Trần Văn Bảy', 'Nguyễn Thị Hạnh')).scrollIntoViewIfNeeded();
  });

  it('beside another broadcast its figures are in sight, too', async () => {
    suite.putOnAir({ title: LONG });
    suite.putOnAir({ class: 'emergency', title: LONG, durationMs: null });
    const page = await openAt(size);
    const figures = page.locator('main').getByText(vi.tally.sounding(0, 59));
    await figures.waitFor();
    expect(await isInSight(figures)).toBe(true);
    expect(await isInSight(page.getByRole('button', { name: vi.emergency.stopNow }))).toBe(true);
    expect(await isInSight(page.getByRole('button', { name: vi.stop.stopNamed(LONG) }))).toBe(true);
  });

  it('so can each of two', async () => {
    suite.putOnAir({ class: 'emergency', title: 'Cháy chợ', durationMs: null, startedAtMs: suite.api.nowMs() - 60_000 });
    suite.putOnAir({ class: 'emergency', title: LONG, durationMs: null });
    const page = await openAt(size);
    const stop = page.getByRole('button', { name: vi.emergency.stopNow });
    await stop.waitFor();
    await raiseFourBanners(page);
    expect(await isInSight(stop)).toBe(true);
    expect(await isInSight(page.getByRole('button', { name: vi.stop.stopNamed('Cháy chợ') }))).toBe(true);
  });

  it('what starts an emergency is in sight while a bulletin is on the air, and so is what is spoken into', async () => {
    const words = SPEAK_WORDS.vi.speak;
    suite.putOnAir({ title: LONG });
    const page = await openAt(size);
    await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).click();
    await page.getByText(/KHẨN CẤP: “Lệnh sơ tán vì lũ” sẽ phát ngay/).waitFor();
    // The sentence takes the focus, and the page may have moved to it by itself.
    expect(await isInWindow(page.getByRole('button', { name: vi.emergency.holdToFire }))).toBe(true);
    await page.getByRole('button', { name: vi.play.back }).click();
    await page.getByRole('button', { name: vi.emergency.speak }).click();
    await page.getByRole('button', { name: words.tryMicrophone }).click();
    await page.getByText(/KHẨN CẤP: .* sẽ phát ngay/).waitFor();
    expect(await isInWindow(page.getByRole('button', { name: vi.emergency.holdToSpeak }))).toBe(true);
    await page.goto(`${suite.api.url}/speak`);
    await page.getByRole('button', { name: words.tryMicrophone }).click();
    const start = page.getByRole('button', { name: words.start, exact: true });
    await start.waitFor();
    expect(await isInWindow(start)).toBe(true);
    await start.click();
    const talk = page.locator('main button[aria-pressed]');
    await talk.waitFor();
    expect(await isInWindow(talk)).toBe(true);
  });
});
