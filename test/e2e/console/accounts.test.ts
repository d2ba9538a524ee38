import { describe, expect, it } from 'vitest';
import { consoleSuite } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();

describe('accounts', () => {
  it('makes one, shows its temporary password until it was written down, and never again', async () => {
    const page = await suite.open('/settings/accounts');
    await page.getByRole('button', { name: 'Thêm tài khoản' }).click();
    await page.getByRole('button', { name: 'Tạo tài khoản' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('Chưa nhập họ và tên.');
    await page.getByLabel('Họ và tên').first().fill('Võ Thị Mai');
    await page.getByLabel('Tên đăng nhập').fill('HANH');
    await page.getByLabel('Kỹ thuật viên').first().check();
    await page.getByRole('button', { name: 'Tạo tài khoản' }).click();
    await page.getByText('Tên đăng nhập "hanh" đã có người dùng.').waitFor();
    await page.getByLabel('Tên đăng nhập').fill('mai.vo');
    await page.getByRole('button', { name: 'Tạo tài khoản' }).click();
    const secret = page.locator('main code');
    expect(await secret.textContent()).toBe('sen-trang-buoi-sang-7');
    expect(suite.api.commands.at(-1)?.body).toEqual({ displayName: 'Võ Thị Mai', username: 'mai.vo', role: 'technician', language: 'vi' });
    await page.getByRole('button', { name: 'Đã ghi lại, ẩn đi' }).click();
    await secret.waitFor({ state: 'detached' });
    await page.getByText('mai.vo · Kỹ thuật viên').waitFor();
  });

  it('tells what will be before it disables, and Escape leaves everything as it is', async () => {
    const page = await suite.open('/settings/accounts');
    await page.locator('summary', { hasText: 'Lê Minh Đức' }).click();
    const row = page.locator('li', { hasText: 'Lê Minh Đức' });
    await row.getByRole('button', { name: 'Tắt tài khoản' }).click();
    await row.getByText('sẽ bị đăng xuất ngay và không đăng nhập được nữa').waitFor();
    await page.keyboard.press('Escape');
    const disable = row.getByRole('button', { name: 'Tắt tài khoản' });
    await disable.waitFor();
    expect(await disable.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(suite.api.commands).toEqual([]);
    await disable.click();
    await row.getByRole('button', { name: 'Tắt tài khoản' }).click();
    await page.getByText('Đã tắt tài khoản của Lê Minh Đức.').waitFor();
    expect(suite.api.users.find((user) => user.username === 'duc')?.disabled).toBe(true);
  });

  it('unlocks in two presses, and can’t take the page’s own user away', async () => {
    const page = await suite.open('/settings/accounts');
    await page.locator('summary', { hasText: 'Bị khóa đến' }).click();
    await page.getByRole('button', { name: 'Mở khóa' }).click();
    await page.getByText('Đã mở khóa tài khoản của Trần Thị Lan.').waitFor();
    expect(suite.api.commands.at(-1)?.body).toEqual({ unlock: true });
    await page.locator('summary', { hasText: 'là anh/chị' }).click();
    expect(await page.locator('li', { hasText: 'là anh/chị' }).getByRole('button').count()).toBe(0);
  });

  it('is for administrators: a technician has no way there, and by its address is told so', async () => {
    suite.api.session = fakeSession('technician', suite.api.nowMs());
    const page = await suite.open('/settings');
    expect(await page.getByRole('link', { name: 'Tài khoản' }).count()).toBe(0);
    await page.goto(`${suite.api.url}/settings/accounts`);
    await page.getByText('không dùng được trang này').waitFor();
  });
});

describe('the audit trail', () => {
  it('is filtered by person and kind, goes on to older entries, and says whether it is whole', async () => {
    const page = await suite.open('/settings/audit');
    const entries = page.locator('main ol > li');
    await entries.first().waitFor();
    expect(await entries.count()).toBe(50);
    await page.getByRole('button', { name: 'Xem thêm việc cũ hơn' }).click();
    await entries.nth(99).waitFor();
    await page.getByLabel('Người thực hiện').selectOption('hanh');
    await page.getByLabel('Việc', { exact: true }).selectOption('session.');
    await page.waitForFunction(() => document.querySelectorAll('main ol > li').length === 8);
    expect(await entries.first().textContent()).toContain('Đăng nhập · hanh');
    await page.getByRole('button', { name: 'Kiểm tra tính toàn vẹn' }).click();
    await page.getByText('Nguyên vẹn: đã kiểm tra 120 mục').waitFor();
    suite.api.auditVerification = { ...suite.api.auditVerification, intact: false, firstBroken: { id: 77, reason: 'altered' } };
    await page.getByRole('button', { name: 'Kiểm tra tính toàn vẹn' }).click();
    await page.getByRole('alert').getByText('Mục số 77 đã bị sửa sau khi ghi.').waitFor();
  });
});
