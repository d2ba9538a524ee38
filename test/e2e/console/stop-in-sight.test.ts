import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
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

/** Wholly in the window without scrolling, and what a finger on it hits. */
async function isInSight(button: Locator): Promise<boolean> {
  return await button.evaluate((element) => {
    const { top, left, bottom, right } = element.getBoundingClientRect();
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return scrollY === 0 && top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && element.contains(hit);
  });
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
});
