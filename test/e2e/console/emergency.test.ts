import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();
const words = vi.emergency;

async function armFirstHazard(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).click();
  await page.getByText(/KHẨN CẤP: “Lệnh sơ tán vì lũ” sẽ phát ngay/).waitFor();
}

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

it('another person’s emergency is in the tally while one is about to speak one, and is not doubled where the page shows it', async () => {
  const page = await suite.open('/emergency');
  const tally = page.getByRole('region', { name: vi.tally.label });
  await page.getByRole('button', { name: words.speak }).click();
  await page.getByRole('heading', { name: words.speak }).waitFor();
  suite.putOnAir({ class: 'emergency', title: 'Cháy chợ' });
  await tally.getByText('KHẨN CẤP, ĐANG PHÁT: Cháy chợ').waitFor();
  await page.getByRole('button', { name: vi.play.back }).click();
  await page.getByRole('heading', { name: words.runningTitle('Cháy chợ') }).waitFor();
  expect(await tally.getByText('Cháy chợ').count()).toBe(0);
  suite.putOnAir({ class: 'emergency', title: 'Vỡ đê', startedAtMs: suite.api.nowMs() - 60_000 });
  await tally.getByText('KHẨN CẤP, ĐANG PHÁT: Vỡ đê').waitFor();
});
