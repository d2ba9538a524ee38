import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { vi } from '../../../web-console/i18n/vi.ts';
import { buildConsole } from '../../support/built-console.ts';
import { launchChromium } from '../../support/chromium.ts';
import { type ConsolePage, openConsole, overflowPx } from '../../support/console-page.ts';
import { type FakeApi, fakeSession, startFakeApi } from '../../support/fake-api.ts';
import { fakeBroadcast, fakeBulletin } from '../../support/fake-commune.ts';

const HOLD_MS = 3000;

let browser: Browser;
let dist: string;
let api: FakeApi;
let view: ConsolePage;

beforeAll(async () => {
  dist = buildConsole();
  browser = await launchChromium(['--use-fake-device-for-media-stream']);
});
afterAll(() => browser?.close());
beforeEach(async () => {
  api = await startFakeApi(dist);
});
afterEach(async () => {
  const complaints = view?.complaints ?? [];
  await view?.close();
  await api.close();
  expect(complaints).toEqual([]);
});

async function open(path: string, options: Partial<Parameters<typeof openConsole>[1]> = {}): Promise<Page> {
  view = await openConsole(browser, { url: api.url, path, ...options });
  return view.page;
}

const started = (): { broadcastId?: string; class?: string }[] =>
  api.commands
    .filter((command) => command.method === 'POST' && command.path === '/api/broadcasts')
    .map((command) => command.body as object);
const stopped = (): string[] => api.commands.filter((command) => command.path.endsWith('/stop')).map((command) => command.path);

function putOnAir(change: Parameters<typeof fakeBroadcast>[0]): void {
  const broadcast = fakeBroadcast(change, [...api.commune.speakers.keys()], api.nowMs());
  api.commune.broadcasts.set(broadcast.broadcastId, broadcast);
}

async function reviewFirstBulletin(page: Page): Promise<void> {
  await page.locator('input[name=bulletin]').first().check();
  await page.getByRole('button', { name: 'Xem lại trước khi phát' }).click();
  await page.getByRole('heading', { name: 'Xác nhận' }).waitFor();
}

/** Moves the focus with the Tab key alone until it stands on what has this text. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (focused.includes(text)) return;
  }
  throw new Error(`the Tab key never reached "${text}"`);
}

async function armFirstHazard(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).click();
  await page.getByText(/KHẨN CẤP: “Lệnh sơ tán vì lũ” sẽ phát ngay/).waitFor();
}

describe('playing a bulletin', () => {
  it('says where, when and how many before anything is sent, and claims success on acknowledgement', async () => {
    const page = await open('/play');
    await reviewFirstBulletin(page);
    await page.getByText('sẽ phát ngay tại 59 cụm loa').waitFor();
    await page.getByText('1 cụm đang mất kết nối.').waitFor();
    expect(started()).toEqual([]);
    await page.getByRole('button', { name: 'Phát ngay' }).click();
    await page.getByText(/Máy chủ đã nhận lệnh lúc \d\d:\d\d:\d\d/).waitFor();
    expect(started()).toHaveLength(1);
    await page.getByRole('link', { name: 'Xem đang phát' }).click();
    await page.getByRole('region', { name: 'Lịch tiêm chủng tháng 10' }).waitFor();
  });

  it('going back sends nothing', async () => {
    const page = await open('/play');
    await reviewFirstBulletin(page);
    await page.getByRole('button', { name: 'Quay lại' }).click();
    await page.getByRole('heading', { name: 'Phát bản tin' }).waitFor();
    expect(started()).toEqual([]);
  });

  it('names what is missing, and a mistyped time', async () => {
    const page = await open('/play');
    await page.getByLabel('Vào lúc').check();
    await page.getByLabel('Giờ phát').fill('25:00');
    await page.getByRole('button', { name: 'Xem lại trước khi phát' }).click();
    const problems = page.getByRole('alert');
    await problems.waitFor();
    expect(await problems.textContent()).toContain('Chưa chọn bản tin.');
    expect(await problems.textContent()).toContain('Giờ phát cần có dạng 17:00.');
  });

  it('an answer lost between the press and the acknowledgement is unknown, then asked for, and sounds once', async () => {
    const page = await open('/play');
    await reviewFirstBulletin(page);
    api.losingAnswers.add('/api/broadcasts');
    await page.getByRole('button', { name: 'Phát ngay' }).click();
    await page.getByText('Chưa rõ đã phát hay chưa').waitFor();
    await page.getByText(/Máy chủ đã nhận lệnh/).waitFor();
    // The browser itself repeats a request whose connection broke: one id is what keeps that from sounding twice.
    expect(new Set(started().map((request) => request.broadcastId)).size).toBe(1);
    expect(api.commune.broadcasts.size).toBe(1);
  });

  it('an emergency bulletin can’t be played past its guard', async () => {
    const page = await open('/play');
    await page.locator('input[name=bulletin]').first().waitFor();
    await expect.poll(() => page.getByText('Lệnh sơ tán vì lũ').count()).toBe(0);
  });
});

describe('the emergency', () => {
  it('fires by keyboard alone after three seconds of holding, whatever the key repeats', async () => {
    const page = await open('/emergency');
    await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).waitFor();
    await tabTo(page, 'Lệnh sơ tán vì lũ');
    await page.keyboard.press('Enter');
    await page.getByText(/KHẨN CẤP: “Lệnh sơ tán vì lũ” sẽ phát ngay/).waitFor();
    await tabTo(page, 'Nhấn giữ 3 giây để phát');
    await page.keyboard.down('Space');
    await page.keyboard.down('Space');
    await page.waitForTimeout(HOLD_MS / 3);
    expect(started()).toEqual([]);
    await page.waitForTimeout(HOLD_MS);
    await page.keyboard.up('Space');
    await page.getByRole('button', { name: 'DỪNG NGAY' }).waitFor();
    expect(started()).toMatchObject([{ class: 'emergency', targets: { everything: true } }]);
  });

  it('letting go early plays nothing and says so', async () => {
    const page = await open('/emergency');
    await armFirstHazard(page);
    const box = await page.getByRole('button', { name: 'Nhấn giữ 3 giây để phát' }).boundingBox();
    await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 20);
    await page.mouse.down();
    await page.waitForTimeout(HOLD_MS / 2);
    await page.mouse.up();
    await page.getByText('Chưa phát.', { exact: true }).waitFor();
    await page.waitForTimeout(HOLD_MS);
    expect(started()).toEqual([]);
  });

  it('a screen reader’s click counts down and can be cancelled; not cancelled, it fires', async () => {
    const page = await open('/emergency');
    await armFirstHazard(page);
    const button = page.getByRole('button', { name: 'Nhấn giữ 3 giây để phát' });
    const click = (): Promise<void> => button.evaluate((element) => (element as HTMLButtonElement).click());
    await click();
    await page.getByText(/Sẽ phát sau \d giây/).waitFor();
    await page.getByRole('button', { name: 'Hủy, không phát' }).click();
    await page.waitForTimeout(5500);
    expect(started()).toEqual([]);
    await click();
    await page.getByRole('button', { name: 'DỪNG NGAY' }).waitFor();
    expect(started()).toHaveLength(1);
  });

  it('STOP NOW is large, stops at one tap without a question', async () => {
    putOnAir({ class: 'emergency', title: 'Lũ về' });
    const page = await open('/emergency', { widthPx: 360 });
    const stop = page.getByRole('button', { name: 'DỪNG NGAY' });
    const box = await stop.boundingBox();
    expect((box?.height ?? 0) * (box?.width ?? 0)).toBeGreaterThanOrEqual((360 * 740) / 4);
    await tabTo(page, 'DỪNG NGAY');
    await page.keyboard.press('Enter');
    await expect.poll(() => stopped()).toHaveLength(1);
  });

  it('after the stop nothing stays armed: a person begins anew, and can say that it is over', async () => {
    const page = await open('/emergency', { countdownInsteadOfHold: true });
    await armFirstHazard(page);
    await page.getByRole('button', { name: /Nhấn giữ 3 giây để phát/ }).click();
    await page.getByRole('button', { name: 'DỪNG NGAY' }).click();
    await page.getByText(/“Lệnh sơ tán vì lũ” đã dừng lúc/).waitFor();
    await page.getByRole('heading', { name: 'Phát khẩn cấp' }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: /Nhấn giữ/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Soạn tin báo hết khẩn cấp' }).waitFor();
    expect(started()).toHaveLength(1);
  });

  it('FALSE ALARM stops and plays the prepared correction', async () => {
    putOnAir({ class: 'emergency', title: 'Lũ về' });
    const page = await open('/emergency');
    await page.getByRole('button', { name: /BÁO NHẦM.*Đính chính/ }).click();
    await expect.poll(() => started()).toMatchObject([{ class: 'emergency', title: 'Đính chính: thông báo nhầm' }]);
    expect(stopped()).toHaveLength(1);
  });
});

describe('speaking live', () => {
  it('a refused microphone says what to do, and nothing was sent', async () => {
    const page = await open('/speak');
    await page.getByRole('button', { name: 'Thử micro' }).click();
    await page.getByText('Trình duyệt chưa cho dùng micro').waitFor();
    expect(started()).toEqual([]);
  });

  it('the meter moves while nobody hears, and going back lets the microphone go', async () => {
    const page = await open('/speak', { permissions: ['microphone'] });
    await page.getByRole('button', { name: 'Thử micro' }).click();
    await page.getByText('Micro đang tắt. Chưa ai nghe thấy.').waitFor();
    // The fake device beeps once a second.
    await expect
      .poll(async () => Number(await page.getByRole('meter').getAttribute('aria-valuenow')), { interval: 60, timeout: 20_000 })
      .toBeGreaterThan(-40);
    expect(api.commands.map((command) => command.path)).toEqual(['/api/broadcasts/preview']);
    await page.getByRole('button', { name: 'Quay lại' }).click();
    await page.getByRole('heading', { name: 'Nói trực tiếp' }).waitFor();
    await expect.poll(() => page.getByRole('meter').count()).toBe(0);
  });

  it('a start that the server refuses is said, and nothing sounded', async () => {
    const page = await open('/speak', { permissions: ['microphone'] });
    await page.getByRole('button', { name: 'Thử micro' }).click();
    api.failing.add('/api/microphones');
    await page.getByRole('button', { name: 'Bắt đầu nói' }).click();
    await page.getByText('Máy chủ gặp lỗi. Chưa phát gì.').waitFor();
    expect(started()).toEqual([]);
  });
});

describe('losing the link', () => {
  it('keeps the dated state, claims no sound, refuses commands with the reason, keeps none; and recovers', async () => {
    putOnAir({ title: 'Tin sáng', hearingClusters: 58 });
    const page = await open('/');
    await page.getByText('ĐANG PHÁT', { exact: true }).waitFor();
    api.cutLink();
    const banner = page.locator('[data-link=lost]');
    await banner.waitFor();
    expect(await banner.textContent()).toMatch(
      /Mất kết nối lúc \d\d:\d\d\..*Trạng thái dưới đây là của lúc \d\d:\d\d ngày \d\d\/\d\d\/\d{4}/,
    );
    await page.getByText(/^Lúc \d\d:\d\d: đang phát$/).waitFor();
    await expect.poll(() => page.getByText('ĐANG PHÁT', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: /DỪNG/ }).click({ force: true });
    expect(api.commands).toEqual([]);
    api.restoreLink();
    await page.locator('[data-link=live]').waitFor({ state: 'attached', timeout: 30_000 });
    await page.getByText('ĐANG PHÁT', { exact: true }).waitFor();
    expect(api.commands).toEqual([]);
  });

  it('says what the server says of itself, and for a while that it is over', async () => {
    const page = await open('/');
    await page.waitForSelector('[data-link=live]', { state: 'attached' });
    const condition = { type: 'condition' as const, code: 'engine.redis', en: 'Redis ended.' };
    api.send({ ...condition, state: 'raised', vi: 'Redis đã dừng bất ngờ.' });
    const banner = page.locator('[data-condition="engine.redis"]');
    await expect.poll(() => banner.textContent()).toContain('Redis đã dừng bất ngờ.');
    api.send({ ...condition, state: 'cleared', vi: 'Redis được khởi động lại.' });
    await expect.poll(() => banner.textContent()).toMatch(/Trở lại bình thường lúc \d\d:\d\d\. Redis được khởi động lại\./);
  });

  it('tells one outage in one place, and of a broadcast that nobody heard until it is put right', async () => {
    const page = await open('/', { widthPx: 390 });
    await page.waitForSelector('[data-link=live]', { state: 'attached' });
    const outage = ['store.away', 'broadcasts.store_away', 'audit.delayed'];
    const tell = (code: string, state: 'raised' | 'cleared' | 'lapsed', subject?: string) =>
      api.send({ type: 'condition', code, state, vi: `${code} ${subject ?? ''} ${state}`, en: '', ...(subject ? { subject } : {}) });
    for (const code of outage) tell(code, 'raised');
    for (const subject of ['a', 'b']) tell('air.broadcast_failed', 'raised', subject);
    const banners = page.locator('[data-condition]');
    await expect.poll(() => banners.count()).toBe(2);
    await banners.nth(0).getByText('store.away  raised').first().waitFor();
    await banners.nth(0).getByText(vi.link.alsoConditions(2)).click();
    await banners.nth(0).getByText('audit.delayed  raised').waitFor();
    for (const code of outage) tell(code, 'cleared');
    tell('air.broadcast_failed', 'cleared', 'b');
    await banners
      .nth(1)
      .getByText(/Trở lại bình thường lúc \d\d:\d\d\./)
      .waitFor();
    await banners.nth(1).getByText('store.away  cleared').waitFor();
    expect(await banners.allTextContents()).toEqual([' air.broadcast_failed a raised', expect.stringMatching(/cleared$/)]);
    tell('air.broadcast_failed', 'lapsed', 'a');
    await page.getByText(/Đã kết thúc lúc \d\d:\d\d\./).waitFor();
    expect(await banners.count()).toBe(2);
    expect(await overflowPx(page)).toBe(0);
  });

  it('opens without the server from what was kept, dated, and knows who was signed in', async () => {
    putOnAir({ title: 'Tin sáng', hearingClusters: 58 });
    const page = await open('/', { serviceWorkers: 'allow' });
    await page.getByText('ĐANG PHÁT', { exact: true }).waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.evaluate(
      () =>
        new Promise<void>(
          (resolve) =>
            void (navigator.serviceWorker.controller
              ? resolve()
              : navigator.serviceWorker.addEventListener('controllerchange', () => resolve())),
        ),
    );
    // Kept at most every ten seconds.
    await expect
      .poll(() => page.evaluate(() => localStorage.getItem('loa-xa.last-state') ?? ''), { timeout: 15_000 })
      .toContain('Tin sáng');
    await view.context.setOffline(true);
    api.cutLink();
    await page.reload();
    await page.getByText(/^Lúc \d\d:\d\d: đang phát$/).waitFor();
    await page.getByText('Tin sáng').first().waitFor();
    expect(await page.locator('[data-link=lost]').textContent()).toContain('Trạng thái dưới đây là của lúc');
    await view.context.setOffline(false);
    view.complaints.length = 0;
  });
});

describe('a state that is only a memory', () => {
  const DAY_MS = 86_400_000;
  const reds = (page: Page): Promise<number> => page.locator('.tone-on-air').count();
  /** What the browser kept yesterday, shown while the server has not yet answered. */
  async function openWithMemory(path: string, change: Parameters<typeof fakeBroadcast>[0]): Promise<Page> {
    const page = await open(path);
    const clusterIds = [...api.commune.speakers.keys()];
    const broadcast = fakeBroadcast({ hearingClusters: 57, ...change }, clusterIds, api.nowMs() - DAY_MS);
    const speakers = [...api.commune.speakers.values()].map((speaker) => ({
      ...speaker,
      rung: 'playing',
      broadcastId: broadcast.broadcastId,
    }));
    const kept = JSON.stringify({ stateAtMs: api.nowMs() - DAY_MS + 60_000, broadcasts: [broadcast], speakers, conditions: [] });
    api.hanging.add('/api/live');
    await page.evaluate((state) => localStorage.setItem('loa-xa.last-state', state), kept);
    await page.reload();
    return page;
  }

  it('yesterday’s broadcast is dated and never red while the page connects', async () => {
    const page = await openWithMemory('/', { title: 'Tin hôm qua' });
    await page.getByText(/^Lúc \d\d:\d\d ngày \d\d\/\d\d\/\d{4}: đang phát$/).waitFor();
    await page.locator('[data-link=connecting]').getByText('Trạng thái dưới đây là của lúc').waitFor();
    await page.locator('main summary').first().click();
    await page.getByText('Có tiếng', { exact: true }).first().waitFor();
    expect(await reds(page)).toBe(0);
    await expect.poll(() => page.getByText(/ĐANG PHÁT/).count()).toBe(0);
    await page.getByRole('link', { name: 'Loa', exact: true }).click();
    await page.getByRole('heading', { name: 'Loa', exact: true }).waitFor();
    expect(await reds(page)).toBe(0);
    await expect.poll(() => page.getByText(/ĐANG PHÁT/).count()).toBe(0);
  });

  it('an emergency that is only remembered does not run on', async () => {
    const page = await openWithMemory('/emergency', { title: 'Lũ về', class: 'emergency', durationMs: null });
    await page.getByRole('heading', { name: /^KHẨN CẤP, lúc \d\d:\d\d ngày .* đang phát: Lũ về/ }).waitFor();
    await expect.poll(() => page.getByText(/ĐANG PHÁT|Đã phát \d/).count()).toBe(0);
    const stop = page.getByRole('button', { name: 'DỪNG NGAY' });
    await stop.click({ force: true });
    expect(api.commands).toEqual([]);
    expect(await stop.evaluate((button) => getComputedStyle(button).borderTopStyle)).toBe('dashed');
  });

  it('no chip stays red when the link breaks', async () => {
    putOnAir({ title: 'Tin sáng' });
    const [broadcastId] = api.commune.broadcasts.keys();
    for (const speaker of api.commune.speakers.values()) Object.assign(speaker, { rung: 'playing', broadcastId });
    const page = await open('/');
    await page.locator('main summary').first().click();
    await page.locator('main li .tone-on-air').first().waitFor();
    api.cutLink();
    await page.locator('[data-link=lost]').waitFor();
    await expect.poll(() => reds(page)).toBe(0);
  });
});

describe('after a gap in the link', () => {
  it('faults and bulletins are asked for again: nothing that was seen to end goes on', async () => {
    const made = fakeBulletin({ title: 'Họp ấp', status: 'processing', progress: 0.4, durationMs: null }, api.nowMs());
    api.commune.bulletins.unshift(made);
    const page = await open('/library');
    await page.locator('[data-link=live]').waitFor({ state: 'attached' });
    api.send({ type: 'bulletin', bulletinId: made.bulletinId, progress: 0.63 });
    await page.getByText('Đang xử lý 63%').waitFor();
    api.cutLink();
    await page.locator('[data-link=lost]').waitFor();
    Object.assign(made, { status: 'ready', progress: null, durationMs: 12_000 });
    api.restoreLink();
    await page.locator('[data-link=live]').waitFor({ state: 'attached', timeout: 30_000 });
    await expect.poll(() => page.getByText('Đang xử lý 63%').count()).toBe(0);
    await page.getByRole('link', { name: 'Phát Họp ấp' }).waitFor();

    await page.getByRole('link', { name: 'Loa', exact: true }).click();
    await page.getByRole('heading', { name: '2 lỗi cần xử lý' }).waitFor();
    api.cutLink();
    await page.locator('[data-link=lost]').waitFor();
    api.commune.faults.pop();
    api.restoreLink();
    await page.locator('[data-link=live]').waitFor({ state: 'attached', timeout: 30_000 });
    await page.getByRole('heading', { name: '1 lỗi cần xử lý' }).waitFor();
  });

  it('a session that the server ended leads to the log-in at once; so does one that ended in the gap', async () => {
    const page = await open('/');
    const signIn = page.getByRole('heading', { name: 'Đăng nhập' });
    const live = page.locator('[data-link=live]');
    await live.waitFor({ state: 'attached' });
    api.endSession();
    await signIn.waitFor({ timeout: 5000 });
    await page.getByLabel('Tên đăng nhập').fill('hanh');
    await page.getByLabel('Mật khẩu', { exact: true }).fill('right');
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await live.waitFor({ state: 'attached' });
    api.cutLink();
    await page.locator('[data-link=lost]').waitFor();
    api.session = null;
    api.restoreLink();
    await signIn.waitFor({ timeout: 5000 });
  });
});

describe('signing in', () => {
  beforeEach(() => {
    api.session = null;
  });

  it('says how long a lock-out lasts, empties the password and keeps the name', async () => {
    const page = await open('/');
    await page.getByLabel('Tên đăng nhập').fill('hanh');
    await page.getByLabel('Mật khẩu', { exact: true }).fill('locked');
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await page.getByText('Thử lại lúc 05:27').waitFor();
    expect(await page.getByLabel('Tên đăng nhập').inputValue()).toBe('hanh');
    expect(await page.getByLabel('Mật khẩu', { exact: true }).inputValue()).toBe('');
  });

  it('the first log-in leads nowhere but to a new password', async () => {
    api.nextSession = { ...api.nextSession, mustChangePassword: true };
    const page = await open('/library');
    await page.getByLabel('Tên đăng nhập').fill('hanh');
    await page.getByLabel('Mật khẩu', { exact: true }).fill('right');
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await page.getByRole('heading', { name: 'Đặt mật khẩu mới' }).waitFor();
    await page.getByLabel('Mật khẩu hiện tại').fill('right');
    await page.getByLabel('Mật khẩu mới', { exact: true }).fill('trời hôm nay nhiều mây');
    await page.getByLabel('Nhập lại mật khẩu mới').fill('trời hôm nay nhiều mây');
    await page.getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await page.getByRole('heading', { name: 'Kho bản tin' }).waitFor();
  });

  it('signing out leads to the log-in and leaves nothing of the commune in the browser', async () => {
    api.session = api.nextSession;
    const page = await open('/settings');
    await page.getByRole('button', { name: 'Đăng xuất' }).click();
    await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['loa-xa.preferences']);
  });

  it('a session that ended elsewhere leads back to the log-in', async () => {
    api.session = api.nextSession;
    const page = await open('/');
    await page.getByRole('link', { name: 'Kho bản tin' }).waitFor();
    api.session = null;
    await page.getByRole('link', { name: 'Kho bản tin' }).click();
    await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
  });
});

describe('a library of a year', () => {
  beforeEach(() => {
    const daily = Array.from({ length: 450 }, (_, index) => fakeBulletin({ title: `Tin ngày thứ ${index + 1}` }, api.nowMs()));
    api.commune.bulletins.unshift(...daily);
  });

  it('the prepared emergency messages are there all the same', async () => {
    const page = await open('/emergency');
    await page.getByRole('button', { name: /Lệnh sơ tán vì lũ/ }).waitFor();
    await page.getByRole('button', { name: /Cảnh báo dông, sét/ }).waitFor();
    await expect.poll(() => page.getByText('Chưa có bản tin đính chính soạn sẵn').count()).toBe(0);
    putOnAir({ class: 'emergency', title: 'Lũ về' });
    await page.reload();
    await page.getByRole('button', { name: /BÁO NHẦM.*Đính chính/ }).waitFor();
  });

  it('an old bulletin is found by its words, and by going back page by page', async () => {
    const page = await open('/library');
    await page.getByText('Đang hiện 50 bản tin mới nhất.').waitFor();
    await page.getByRole('button', { name: 'Xem thêm' }).click();
    await page.getByText('Đang hiện 100 bản tin mới nhất.').waitFor();
    await page.getByLabel('Tìm bản tin').fill('lua dao');
    await page.getByRole('link', { name: 'Phòng chống lừa đảo qua mạng', exact: true }).waitFor();
    await expect.poll(() => page.locator('main li').count()).toBe(1);
    await page.getByLabel('Tìm bản tin').fill('không có tin này');
    await page.getByText('Không tìm thấy bản tin nào.').waitFor();
  });

  it('an old bulletin is played from its own page, and found in the picker', async () => {
    const old = api.commune.bulletins.find((bulletin) => bulletin.title === 'Phòng chống lừa đảo qua mạng');
    const page = await open(`/play?bulletin=${old?.bulletinId}`);
    await expect.poll(() => page.getByLabel(/Phòng chống lừa đảo qua mạng/).isChecked()).toBe(true);
    await page.getByLabel('Tìm bản tin').fill('chuyen doi so');
    await page.getByLabel(/Ngày Chuyển đổi số quốc gia/).check();
    await page.getByRole('button', { name: 'Xem lại trước khi phát' }).click();
    await page.getByText('“Ngày Chuyển đổi số quốc gia 10/10” sẽ phát').waitFor();
  });
});

describe('the library', () => {
  it('shows how a text will be read, and the ingest’s progress until it can be heard', async () => {
    const page = await open('/library/write');
    await page.getByLabel('Tiêu đề').fill('Lịch tiêm');
    await page.getByLabel('Nội dung').fill('UBND xã thông báo ngày 10/10.');
    await page.getByRole('button', { name: 'Xem sẽ đọc thế nào' }).click();
    await page.getByText('Ủy ban nhân dân xã thông báo ngày mười tháng mười.').waitFor();
    await page.getByRole('button', { name: 'Tạo bản tin và nghe thử' }).click();
    await page.getByText('Đang xử lý').waitFor();
    const made = api.commune.bulletins[0];
    if (!made) throw new Error('nothing was made');
    api.send({ type: 'bulletin', bulletinId: made.bulletinId, progress: 0.63 });
    await page.getByText('Đang xử lý 63%').waitFor();
    Object.assign(made, { status: 'ready', progress: null, durationMs: 12_000 });
    api.send({ type: 'bulletin', bulletinId: made.bulletinId, progress: null });
    await page.getByRole('img', { name: 'Hình sóng của bản tin' }).waitFor();
    await page.getByRole('button', { name: 'Nghe thử' }).waitFor();
  });

  it('uploads a file under the name it has, and shows why a bad one failed', async () => {
    const page = await open('/library/upload');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'hop_ap-3.mp3', mimeType: 'audio/mpeg', buffer: Buffer.alloc(200_000, 1) });
    expect(await page.getByLabel('Tiêu đề').inputValue()).toBe('hop ap 3');
    await page.getByRole('button', { name: 'Tải lên' }).click();
    await page.getByRole('heading', { name: 'hop ap 3' }).waitFor();
    const made = api.commune.bulletins[0];
    if (!made) throw new Error('nothing was made');
    const failure = { code: 'media.no_audio', vi: 'Tệp không có âm thanh.', en: 'The file has no sound.' };
    Object.assign(made, { status: 'failed', progress: null, failure });
    api.send({ type: 'bulletin', bulletinId: made.bulletinId, progress: null });
    await page.getByText('Tệp không có âm thanh.').waitFor();
  });

  it('finds bulletins typed without marks', async () => {
    const page = await open('/library');
    await page.getByLabel('Tìm bản tin').fill('chuyen doi so');
    await page.getByRole('link', { name: 'Ngày Chuyển đổi số quốc gia 10/10', exact: true }).waitFor();
    await expect.poll(() => page.locator('main li').count()).toBe(1);
  });
});

describe('speakers', () => {
  it('an announcer sees whether a cluster is heard, in three words; who repairs sees every rung', async () => {
    putOnAir({ title: 'Tin sáng' });
    const [broadcastId] = api.commune.broadcasts.keys();
    for (const speaker of api.commune.speakers.values())
      if (speaker.rung !== 'offline') Object.assign(speaker, { rung: 'playing', broadcastId });
    Object.assign(api.commune.speakers.get('ap-01-c2') ?? {}, { rung: 'heard' });
    const words = 'Có tiếng|Sẵn sàng|Cần kiểm tra|Mất kết nối|Đang phát ra loa|Chưa rõ|Nghe thấy|Mất tiếng';
    const shown = async (page: Page): Promise<string[]> => {
      await page.getByText('Mất tiếng', { exact: true }).first().waitFor();
      const texts = await page.locator('main li a').allTextContents();
      return [...new Set(texts.flatMap((text) => text.match(new RegExp(words, 'g')) ?? []))].sort();
    };
    api.session = fakeSession('announcer', api.nowMs());
    const page = await open('/speakers');
    expect(await shown(page)).toEqual(['Chưa rõ', 'Mất tiếng', 'Nghe thấy']);
    await page.goto(`${api.url}/speakers/ap-01-c1`);
    await page.getByText('loa báo có tiếng').waitFor();
    await expect.poll(() => page.getByText('Chuyển sang').count()).toBe(0);
    api.session = fakeSession('technician', api.nowMs());
    await page.goto(`${api.url}/speakers`);
    expect(await shown(page)).toEqual(expect.arrayContaining(['Có tiếng', 'Đang phát ra loa']));
    await page.goto(`${api.url}/speakers/ap-01-c1`);
    await page.getByText('Chuyển sang: Đang nhận').waitFor();
  });

  it('a fault and its end appear by themselves, with the first thing to do', async () => {
    const page = await open('/speakers');
    await page.getByText('57/59 cụm loa bình thường').waitFor();
    const speaker = api.commune.speakers.get('ap-05-c1');
    if (!speaker) throw new Error('no such speaker');
    Object.assign(speaker, { faults: ['amplifier_over_temperature'] });
    api.send({ type: 'speakers', speakers: [speaker] });
    await page.getByText('56/59 cụm loa bình thường').waitFor();
    Object.assign(speaker, { faults: [] });
    api.send({ type: 'speakers', speakers: [speaker] });
    await page.getByText('57/59 cụm loa bình thường').waitFor();
    await page.getByRole('link', { name: 'Ấp 9 · Cụm 1, ấp 9' }).click();
    await page.getByText('Xem đầu nối và dây từ âm ly đến loa.').waitFor();
    await page.getByText('Hở mạch').waitFor();
  });

  it('makes a claim code for a serial number, shown once', async () => {
    const page = await open('/speakers/add');
    await page.getByLabel('Số sê-ri').fill('lx-000123');
    await page.getByLabel('Cụm loa').selectOption('ap-01-c1');
    await page.getByRole('button', { name: 'Tạo mã ghép' }).click();
    await page.getByText(/^loaxa:1:192\.168\.1\.10:8444:LX-000123:/).waitFor();
  });
});

it('the language changes at once and stays', async () => {
  const page = await open('/settings');
  await page.getByLabel('English').click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
});

it('what is on air is called unaffected only by a server that answers', async () => {
  api.failing.add('/api/bulletins');
  const page = await open('/library');
  await page.getByRole('alert').getByText(vi.error.unaffected).waitFor();
  await page.route('**/api/bulletins*', (route) => route.abort());
  await page.getByRole('button', { name: vi.error.retry }).click();
  await page.getByRole('alert').getByText('Máy chủ không trả lời.').waitFor();
  expect(await page.getByText(vi.error.unaffected).count()).toBe(0);
});
