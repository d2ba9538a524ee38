import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ON_AIR_WORDS } from '../../../web-console/i18n/on-air-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { overflowPx } from '../../support/console-page.ts';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();
const MISSED = ['ap-01-c1', 'ap-03-c2', 'ap-09-c1'];

const makeUpRuns = () =>
  suite.putOnAir({
    class: 'emergency',
    title: 'Lũ về',
    origin: 'make_up',
    makesUpFor: randomUUID(),
    clusterIds: MISSED,
    targets: { hamletIds: [], clusterIds: MISSED },
  });

describe('a make-up pass', () => {
  it.each([1280, 390])('is said to be one, with the number of poles, on every page and on its own (%i px)', async (widthPx) => {
    makeUpRuns();
    const page = await suite.open('/library', { widthPx });
    await page.getByText(`${vi.tally.emergency}: Phát bù: Lũ về tại 3 cụm loa`).waitFor();
    expect(await overflowPx(page)).toBe(0);
    await page.goto(`${suite.api.url}/emergency`);
    await page.getByRole('heading', { name: vi.tally.makeUp('Lũ về', MISSED.length) }).waitFor();
    expect(await overflowPx(page)).toBe(0);
    await page.goto(suite.api.url);
    await page.getByRole('heading', { name: vi.tally.makeUp('Lũ về', MISSED.length) }).waitFor();
    expect(await overflowPx(page)).toBe(0);
  });

  it.each([1280, 390])(
    'is told afterwards with the emergency that it made up for, with who could not sound and why (%i px)',
    async (widthPx) => {
      const endedAtMs = suite.api.nowMs() - 60_000;
      suite.putOnAir({ class: 'emergency', title: 'Lũ về', status: 'finished', endedAtMs });
      suite.putOnAir({
        class: 'emergency',
        title: 'Lũ về',
        status: 'finished',
        endedAtMs,
        origin: 'make_up',
        makesUpFor: randomUUID(),
        clusterIds: MISSED,
      });
      const page = await suite.open('/', { widthPx });
      await page.getByText(ON_AIR_WORDS.vi.ended.madeUp(1)).waitFor();
      await page.getByText('Cụm 2, ấp 3 (mất kết nối)').waitFor();
      expect(await page.getByText(/^Lũ về: /).count()).toBe(1);
      expect(await overflowPx(page)).toBe(0);
    },
  );
});
