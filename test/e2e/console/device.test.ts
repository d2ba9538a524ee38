import { expect, it } from 'vitest';
import { consoleSuite } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();

it('takes the device of a pole out of service after telling what that means, and leads to the code of another', async () => {
  suite.api.session = fakeSession('technician', suite.api.nowMs());
  const page = await suite.open('/speakers/ap-02-c1');
  const card = page.getByRole('region', { name: 'Thiết bị' });
  await card.getByText('Đang sử dụng').waitFor();
  expect(await card.getByRole('link').count()).toBe(0);
  await card.getByRole('button', { name: 'Thu hồi bộ thu' }).click();
  await card.getByText('sẽ im lặng ngay, kể cả khi đang phát').waitFor();
  expect(suite.api.commands).toEqual([]);
  await card.getByRole('button', { name: 'Thu hồi bộ thu' }).click();
  await card.getByText('Đã thu hồi').waitFor();
  await card.getByRole('link', { name: 'Lắp bộ thu khác' }).click();
  expect(await page.locator('main select').inputValue()).toBe('ap-02-c1');
  await page.getByLabel('Số sê-ri').fill('lx-000999');
  await page.getByRole('button', { name: 'Tạo mã ghép' }).click();
  await page.getByRole('img', { name: 'Mã ghép' }).waitFor();
  await page.getByText(/Mã dùng được đến \d\d:\d\d ngày/).waitFor();
  expect(suite.api.commands.map(({ method, path }) => [method, path])).toEqual([
    ['POST', `/api/speakers/${suite.api.commune.speakers.get('ap-02-c1')?.speakerId}/revoke`],
    ['POST', '/api/clusters/ap-02-c1/speaker'],
  ]);
});

it('offers nothing of it to who only looks', async () => {
  suite.api.session = fakeSession('viewer', suite.api.nowMs());
  const page = await suite.open('/speakers/ap-02-c1');
  const card = page.getByRole('region', { name: 'Thiết bị' });
  await card.getByText('Đang sử dụng').waitFor();
  expect(await card.getByRole('button').count()).toBe(0);
});
