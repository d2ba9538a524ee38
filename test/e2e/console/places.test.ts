import { describe, expect, it } from 'vitest';
import { consoleSuite } from '../../support/console-suite.ts';

const suite = consoleSuite();
const names = (list: { name: string }[]) => list.map(({ name }) => name);

describe('hamlets and clusters', () => {
  it('adds a hamlet and poles in it, renames, and tells when a name is there already', async () => {
    const page = await suite.open('/settings/places');
    await page.getByLabel('Tên ấp, khu phố, thôn').first().fill('Ấp Mới');
    await page.getByRole('button', { name: 'Thêm ấp' }).click();
    await page.getByText('Đã thêm Ấp Mới.').waitFor();
    await page.getByLabel('Tên ấp, khu phố, thôn').first().fill('ẤP MỚI');
    await page.keyboard.press('Enter');
    await page.getByText('ẤP MỚI đã có trong danh sách.').waitFor();
    await page.locator('summary', { hasText: 'Ấp Mới' }).click();
    const row = page.locator('main ol > li').last();
    await row.getByRole('button', { name: 'Thêm cụm loa' }).click();
    await row.getByRole('button', { name: 'Thêm cụm loa' }).click();
    await row.getByText('Chưa nhập tên.').waitFor();
    await row.getByLabel('Tên cụm loa').fill('Cổng chợ');
    await row.getByLabel('Vĩ độ').fill('10,7621');
    await row.getByRole('button', { name: 'Thêm cụm loa' }).click();
    await row.getByText('Tọa độ phải là hai số').waitFor();
    await row.getByLabel('Kinh độ').fill('106,8034');
    await row.getByLabel('Số loa trên cột').selectOption('4');
    await row.getByRole('button', { name: 'Thêm cụm loa' }).click();
    await page.getByText('Đã thêm Cổng chợ.').waitFor();
    expect(suite.api.commune.clusters.at(-1)).toMatchObject({ name: 'Cổng chợ', horns: 4, latitude: 10.7621, longitude: 106.8034 });
    await row.getByLabel('Tên ấp, khu phố, thôn').fill('Ấp Tân Lập');
    await row.getByRole('button', { name: 'Lưu tên' }).click();
    await page.getByText('Đã lưu Ấp Tân Lập.').waitFor();
    expect(suite.api.commune.hamlets.at(-1)?.name).toBe('Ấp Tân Lập');
  });

  it('puts a hamlet in another place of the order, and a pole into another hamlet', async () => {
    const page = await suite.open('/settings/places');
    await page.locator('main ol > li > details > summary').nth(1).click();
    await page.getByRole('button', { name: 'Đưa Ấp 2 lên trên' }).click();
    await page.getByText('Ấp 2 đứng thứ 1.').waitFor();
    const order = suite.api.commune.hamlets.toSorted((a, b) => a.position - b.position);
    expect(names(order).slice(0, 3)).toEqual(['Ấp 2', 'Ấp 1', 'Ấp 3']);
    const hamlet = page.locator('main ol > li').first();
    await hamlet.locator('ul summary').first().click();
    const pole = hamlet.locator('ul > li').first();
    await pole.getByLabel('Thuộc ấp').selectOption({ label: 'Ấp 3' });
    await pole.getByRole('button', { name: 'Lưu' }).click();
    await page.locator('[role=status]', { hasText: 'Đã lưu' }).waitFor();
    expect(suite.api.commands.at(-1)?.body).toMatchObject({ hamletId: 'ap-03' });
  });

  it('imports a pasted table: every fault by line and column, then what would be added, then all of it', async () => {
    const page = await suite.open('/settings/places/import');
    await page.locator('#places-table').fill('Ấp\tCụm loa\tSố loa\nẤp 40\tChợ\t12\n\tĐình\tx');
    await page.getByRole('button', { name: 'Xem trước' }).click();
    const problems = page.getByRole('alert');
    await problems.getByText('Dòng 2, cột Số loa (“12”): số loa phải từ 1 đến 8.').waitFor();
    await problems.getByText('Dòng 3, cột Số loa (“x”)').waitFor();
    expect(suite.api.commands).toEqual([]);
    await page.locator('#places-table').fill('Ấp\tCụm loa\nẤp 1\tBến đò mới\nẤp 40\tChợ\n\tĐình\nẤp 2\t');
    await page.getByRole('button', { name: 'Xem trước' }).click();
    await page.getByText('Sẽ thêm 1 ấp và 3 cụm loa.').waitFor();
    await page.getByText('1 dòng đã có trong danh sách, giữ nguyên.').waitFor();
    const before = suite.api.commune.clusters.length;
    await page.getByRole('button', { name: 'Thêm tất cả' }).click();
    await page.getByText('Đã thêm 1 ấp và 3 cụm loa.').waitFor();
    expect(names(suite.api.commune.clusters.slice(before))).toEqual(['Bến đò mới', 'Chợ', 'Đình']);
  });
});
