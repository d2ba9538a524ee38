import { expect, it } from 'vitest';
import { BULLETIN_WORDS } from '../../../web-console/i18n/bulletin-words.ts';
import { LIBRARY_WORDS } from '../../../web-console/i18n/library-words.ts';
import { SPEAKER_WORDS } from '../../../web-console/i18n/speaker-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();

it('a bulletin that is being written is not lost by a slip of the thumb; saving it asks nothing', async () => {
  const page = await suite.open('/library/write');
  await page.getByLabel(BULLETIN_WORDS.vi.write.titleLabel).fill('Lịch tiêm');
  await page.getByLabel(BULLETIN_WORDS.vi.write.textLabel).fill('UBND xã thông báo lịch tiêm.');
  await page.getByRole('link', { name: vi.nav.speakers, exact: true }).click();
  await page.getByText(BULLETIN_WORDS.vi.write.leave.question).waitFor();
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.write.leave.stay }).click();
  expect(await page.getByLabel(BULLETIN_WORDS.vi.write.textLabel).inputValue()).toBe('UBND xã thông báo lịch tiêm.');
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.write.save }).click();
  await page.getByRole('heading', { name: 'Lịch tiêm' }).waitFor();
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
});

it('the browser’s own way back is asked about too', async () => {
  const page = await suite.open('/library');
  await page.getByRole('link', { name: LIBRARY_WORDS.vi.library.write }).click();
  await page.getByLabel(BULLETIN_WORDS.vi.write.textLabel).fill('Bà con chú ý.');
  await page.goBack();
  await page.getByText(BULLETIN_WORDS.vi.write.leave.question).waitFor();
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.write.leave.leave }).click();
  await page.getByRole('heading', { name: LIBRARY_WORDS.vi.library.title }).waitFor();
});

it('an untouched page is left without a question', async () => {
  const page = await suite.open('/library/write?purpose=correction');
  await page.getByRole('link', { name: vi.nav.speakers, exact: true }).click();
  await page.getByRole('heading', { name: SPEAKER_WORDS.vi.speakers.title, exact: true }).waitFor();
});

it('an upload under way is not cancelled by a slip of the thumb; when it is whole nothing is asked', async () => {
  const page = await suite.open('/library/upload');
  let answer: (() => void) | undefined;
  await page.route('**/api/bulletins', async (route) => {
    if (route.request().method() === 'POST')
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    await route.continue();
  });
  await page.locator('input[type=file]').setInputFiles({ name: 'hop_ap-3.mp3', mimeType: 'audio/mpeg', buffer: Buffer.alloc(200_000, 1) });
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.upload.submit, exact: true }).click();
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.upload.cancel }).waitFor();
  await page.getByRole('link', { name: vi.nav.speakers, exact: true }).click();
  await page.getByText(BULLETIN_WORDS.vi.upload.leave.question).waitFor();
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.upload.leave.stay }).click();
  await expect.poll(() => answer !== undefined).toBe(true);
  answer?.();
  await page.getByRole('heading', { name: 'hop ap 3' }).waitFor();
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
});
