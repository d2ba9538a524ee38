import { expect, it } from 'vitest';
import { BULLETIN_WORDS } from '../../../web-console/i18n/bulletin-words.ts';
import { SPEAKER_WORDS } from '../../../web-console/i18n/speaker-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();

it('a bulletin that is being written is kept on the device: through other pages, a reload, the end of the session; not once it is saved', async () => {
  const page = await suite.open('/library/write');
  const text = page.getByLabel(BULLETIN_WORDS.vi.write.textLabel);
  await page.getByLabel(BULLETIN_WORDS.vi.write.titleLabel).fill('Lịch tiêm');
  await text.fill('UBND xã thông báo lịch tiêm.');
  await page.getByRole('link', { name: vi.nav.speakers, exact: true }).click();
  await page.getByRole('heading', { name: SPEAKER_WORDS.vi.speakers.title, exact: true }).waitFor();
  await page.goBack();
  expect(await text.inputValue()).toBe('UBND xã thông báo lịch tiêm.');
  await page.reload();
  await page.getByText('bản nháp đang viết dở').waitFor();
  expect(await text.inputValue()).toBe('UBND xã thông báo lịch tiêm.');
  suite.api.endSession();
  await page.getByLabel('Mật khẩu', { exact: true }).fill('right');
  await page.getByLabel('Tên đăng nhập').fill('hanh');
  await page.keyboard.press('Enter');
  await page.getByText('bản nháp đang viết dở').waitFor();
  expect(await text.inputValue()).toBe('UBND xã thông báo lịch tiêm.');
  await page.getByRole('button', { name: BULLETIN_WORDS.vi.write.save }).click();
  await page.getByRole('heading', { name: 'Lịch tiêm' }).waitFor();
  await page.goto(`${suite.api.url}/library/write`);
  expect(await text.inputValue()).toBe('');
});

it('a draft of another person on the same device is not shown, and one’s own can be discarded', async () => {
  const page = await suite.open('/library/write');
  const text = page.getByLabel(BULLETIN_WORDS.vi.write.textLabel);
  await text.fill('Bà con chú ý.');
  const session = fakeSession('announcer', suite.api.nowMs());
  const own = suite.api.session;
  suite.api.session = { ...session, user: { ...session.user, userId: '11111111-1111-4111-8111-111111111111' } };
  await page.reload();
  // Until the server has said who it is, the page shows what it knew of the last one.
  await expect.poll(() => text.inputValue()).toBe('');
  suite.api.session = own;
  await page.reload();
  await expect.poll(() => text.inputValue()).toBe('Bà con chú ý.');
  await page.getByRole('button', { name: 'Bỏ bản nháp' }).click();
  expect(await text.inputValue()).toBe('');
  await page.reload();
  expect(await text.inputValue()).toBe('');
});

it('a word that is read wrong is taught where it stands, and the text of a bulletin is changed and read again', async () => {
  const page = await suite.open(`/library/${suite.api.commune.bulletins[0]?.bulletinId}`);
  await page.getByRole('link', { name: 'Sửa nội dung và đọc lại' }).click();
  const text = page.getByLabel(BULLETIN_WORDS.vi.write.textLabel);
  await text.fill('HĐND xã họp.');
  await text.press('Control+Home');
  for (const _ of 'HĐND') await text.press('Shift+ArrowRight');
  await page.getByRole('button', { name: 'Dạy cách đọc “HĐND”' }).click();
  await page.getByLabel('“HĐND” đọc là').fill('Hội đồng nhân dân');
  await page.getByRole('button', { name: 'Lưu vào từ điển và xem lại' }).click();
  await page.getByRole('heading', { name: 'Sẽ đọc là' }).waitFor();
  expect(suite.api.commands.find(({ method }) => method === 'PUT')?.body).toEqual({
    written: 'HĐND',
    spoken: 'Hội đồng nhân dân',
    caseSensitive: true,
  });
  await page.getByRole('button', { name: 'Lưu và đọc lại' }).click();
  await page.getByText('Đang xử lý').waitFor();
  expect(suite.api.commands.at(-1)).toMatchObject({ method: 'PATCH', body: { text: 'HĐND xã họp.' } });
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
