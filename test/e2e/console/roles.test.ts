import { expect, it } from 'vitest';
import { consoleSuite } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();

it.each([
  [
    'technician',
    ['/emergency', '/speak', '/play', '/library/write', '/library/upload', '/schedule/new', '/settings/accounts', '/settings/audit'],
  ],
  ['viewer', ['/emergency', '/speak', '/play', '/speakers/add', '/settings/places', '/settings/places/import']],
  ['announcer', ['/speakers/add', '/settings/places', '/settings/accounts', '/settings/audit']],
] as const)('a %s who goes to a page of others by its address is told so, and gets none of its buttons', async (role, paths) => {
  suite.api.session = fakeSession(role, suite.api.nowMs());
  const page = await suite.open('/');
  for (const path of paths) {
    await page.goto(`${suite.api.url}${path}`);
    await page.getByText('Tài khoản của anh/chị không dùng được trang này.').waitFor();
    expect(await page.getByRole('main').getByRole('button').count(), path).toBe(0);
  }
  expect(suite.api.commands).toEqual([]);
});
