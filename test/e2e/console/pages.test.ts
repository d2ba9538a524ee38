import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { THEMES } from '../../../web-console/design/tokens.ts';
import { buildConsole } from '../../support/built-console.ts';
import { launchChromium } from '../../support/chromium.ts';
import { accessibilityProblems, type ConsolePage, openConsole, overflowPx, smallTargets } from '../../support/console-page.ts';
import { type FakeApi, fakeSession, startFakeApi } from '../../support/fake-api.ts';
import { fakeBroadcast } from '../../support/fake-commune.ts';

const TARGET_PX = 48;
const everywhere = (api: FakeApi): string[] => [...api.commune.speakers.keys()];

function putOnAir(api: FakeApi, change: Parameters<typeof fakeBroadcast>[0] = {}): void {
  const broadcast = fakeBroadcast({ hearingClusters: 57, ...change }, everywhere(api), api.nowMs() - 30_000);
  for (const speaker of api.commune.speakers.values()) {
    if (speaker.rung !== 'offline') Object.assign(speaker, { rung: 'playing', broadcastId: broadcast.broadcastId });
  }
  api.commune.broadcasts.set(broadcast.broadcastId, broadcast);
}

function newCommune(api: FakeApi): void {
  api.commune.speakers.clear();
  for (const list of [api.commune.hamlets, api.commune.clusters, api.commune.bulletins, api.commune.faults]) list.splice(0);
  api.users.splice(1);
}

interface PageCase {
  name: string;
  path: string | ((api: FakeApi) => string);
  prepare?: (api: FakeApi) => void;
  act?: (view: ConsolePage, api: FakeApi) => Promise<void>;
}

type Act = NonNullable<PageCase['act']>;
const tryMicrophone: Act = async ({ page }) => {
  await page.locator('main button[data-kind=primary]').click();
  await page.waitForSelector('[role=meter]');
};
const startSpeaking: Act = async (view, api) => {
  await tryMicrophone(view, api);
  await view.page.locator('main button[data-kind=primary]').click();
  await view.page.waitForSelector('main button[aria-pressed]');
};
const chimeOver = async (page: Page, api: FakeApi): Promise<void> => {
  const [spoken] = api.commune.broadcasts.values();
  api.send({ type: 'progress', broadcastId: spoken?.broadcastId, positionMs: 7000, levelDb: -20 });
  await page.waitForSelector('main button[aria-pressed]:not([aria-disabled])');
};
const tryEmergencyMicrophone: Act = async (view, api) => {
  await view.page.locator('main button').last().click();
  await view.page.waitForSelector('main button[data-kind=primary]');
  await tryMicrophone(view, api);
};
const takeBack: Act = async ({ page }) => {
  // The second of the two large buttons.
  await page.locator('main button').nth(1).click();
  await page.waitForSelector('main div[role=alert], [data-alone]');
};

const bulletin = (index: number) => (api: FakeApi) => `/library/${api.commune.bulletins[index]?.bulletinId}`;
const CASES: PageCase[] = [
  {
    name: 'sign in',
    path: '/',
    prepare: (api) => {
      api.session = null;
    },
  },
  {
    name: 'new password',
    path: '/',
    prepare: (api) => {
      api.session = fakeSession('announcer', api.nowMs(), true);
    },
  },
  { name: 'on air, idle', path: '/' },
  { name: 'on air, playing', path: '/', prepare: (api) => putOnAir(api) },
  {
    name: 'on air, in a new commune',
    path: '/',
    prepare: newCommune,
    act: async ({ page }) => void (await page.waitForSelector('#first-steps-title')),
  },
  {
    name: 'on air, hamlet opened',
    path: '/',
    prepare: (api) => putOnAir(api),
    act: async ({ page }) => page.locator('summary').nth(2).click(),
  },
  {
    name: 'offline',
    path: '/',
    prepare: (api) => putOnAir(api),
    act: async ({ page }, api) => {
      await page.waitForSelector('[data-link=live]', { state: 'attached' });
      api.cutLink();
      await page.waitForSelector('[data-link=lost]');
    },
  },
  {
    name: 'play, with places',
    path: '/play',
    act: async ({ page }) => {
      await page.locator('input[name=where]').nth(1).check();
      await page.locator('#places summary').first().click();
    },
  },
  {
    name: 'play, confirm',
    path: '/play',
    act: async ({ page }) => {
      await page.locator('input[name=bulletin]').first().check();
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('main p[tabindex="-1"]');
    },
  },
  {
    name: 'play, problems',
    path: '/play',
    act: async ({ page }) => {
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('[role=alert]');
    },
  },
  {
    name: 'play, acknowledged',
    path: '/play',
    act: async ({ page }) => {
      await page.locator('input[name=bulletin]').first().check();
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('main p[tabindex="-1"]');
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('main a[data-kind=primary]');
    },
  },
  { name: 'speak', path: '/speak' },
  { name: 'speak, testing', path: '/speak', act: tryMicrophone },
  { name: 'speak, chime', path: '/speak', act: startSpeaking },
  {
    name: 'speak, speaking',
    path: '/speak',
    act: async (view, api) => {
      await startSpeaking(view, api);
      await chimeOver(view.page, api);
    },
  },
  {
    name: 'speak, microphone open',
    path: '/speak',
    act: async (view, api) => {
      await startSpeaking(view, api);
      await chimeOver(view.page, api);
      await view.page.locator('main input[type=checkbox]').check();
      await view.page.locator('main button[aria-pressed]').click();
      await view.page.waitForSelector('main button[aria-pressed=true]');
    },
  },
  {
    name: 'speak, asked about leaving',
    path: '/speak',
    act: async (view, api) => {
      await startSpeaking(view, api);
      await view.page.locator('nav a').nth(1).click();
      await view.page.waitForSelector('dialog[open]');
    },
  },
  {
    name: 'speak, over',
    path: '/speak',
    act: async (view, api) => {
      await startSpeaking(view, api);
      await view.page.locator('main button[data-kind=primary]').click();
      await view.page.waitForSelector('main a[data-kind=primary]');
    },
  },
  { name: 'emergency, arm', path: '/emergency' },
  {
    name: 'emergency, fire',
    path: '/emergency',
    act: async ({ page }) => {
      await page.locator('main button').first().click();
      await page.waitForSelector('main p[tabindex="-1"]');
    },
  },
  { name: 'emergency, running', path: '/emergency', prepare: (api) => putOnAir(api, { class: 'emergency', durationMs: null }) },
  { name: 'emergency, speak, testing', path: '/emergency', act: tryEmergencyMicrophone },
  {
    name: 'emergency, fired and failed',
    path: '/emergency',
    prepare: (api) => {
      api.nextBroadcast = { status: 'failed', startedAtMs: null, endedAtMs: api.nowMs(), endReason: 'Không cụm loa nào đang kết nối.' };
    },
    act: async ({ page }) => {
      await page.locator('main button').first().click();
      await page.waitForSelector('main button[data-phase]:not([aria-disabled])');
      await page.locator('main button[data-phase]').focus();
      await page.keyboard.down('Space');
      await page.waitForSelector('[role=alert]');
      await page.keyboard.up('Space');
    },
  },
  {
    name: 'emergency, false alarm not corrected',
    path: '/emergency',
    prepare: (api) => {
      putOnAir(api, { class: 'emergency', durationMs: null });
      api.commune.bulletins = api.commune.bulletins.filter((one) => one.topic !== 'Đính chính');
    },
    act: takeBack,
  },
  {
    name: 'emergency, false alarm corrected',
    path: '/emergency',
    prepare: (api) => putOnAir(api, { class: 'emergency', durationMs: null }),
    act: async (view, api) => {
      await takeBack(view, api);
      await view.page.waitForSelector('[data-alone]');
    },
  },
  { name: 'library', path: '/library' },
  { name: 'library, empty', path: '/library', prepare: (api) => void api.commune.bulletins.splice(0) },
  {
    name: 'library, failing',
    path: '/library',
    prepare: (api) => void api.failing.add('/api/bulletins'),
    act: async ({ page }) => void (await page.waitForSelector('[role=alert]')),
  },
  {
    name: 'library, loading for long',
    path: '/library',
    prepare: (api) => void api.hanging.add('/api/bulletins'),
    act: async ({ page }) => void (await page.waitForSelector('text=/Vẫn đang chờ|Still waiting/')),
  },
  { name: 'bulletin', path: bulletin(0) },
  { name: 'bulletin, processing', path: bulletin(6) },
  { name: 'bulletin, failed', path: bulletin(7) },
  { name: 'upload', path: '/library/upload' },
  { name: 'write', path: '/library/write' },
  {
    name: 'a text that is changed, with a word to teach',
    path: (api) => `/library/${api.commune.bulletins[0]?.bulletinId}/edit`,
    act: async ({ page }) => {
      await page.locator('#text').press('Control+Home');
      for (const _ of 'UBND') await page.locator('#text').press('Shift+ArrowRight');
      await page.getByRole('button', { name: '“UBND”' }).click();
      await page.waitForSelector('#spoken-as');
    },
  },
  { name: 'dictionary', path: '/library/dictionary' },
  { name: 'speakers', path: '/speakers' },
  { name: 'one cluster', path: '/speakers/ap-09-c1' },
  {
    name: 'one cluster, to be muted',
    path: '/speakers/ap-01-c1',
    act: async ({ page }) => page.locator('main input[type=checkbox]').check(),
  },
  {
    name: 'one cluster, muted and slow',
    path: '/speakers/ap-01-c1',
    prepare: (api) => {
      Object.assign(api.commune.speakers.get('ap-01-c1') ?? {}, { muted: true, faults: ['slow_path'] });
      Object.assign(api.commune.clusters.find(({ clusterId }) => clusterId === 'ap-01-c1') ?? {}, { muted: true });
    },
  },
  { name: 'FM cluster', path: '/speakers/ap-15-c4' },
  { name: 'add a speaker', path: '/speakers/add' },
  {
    name: 'add a speaker, its code',
    path: '/speakers/add?cluster=ap-01-c1',
    act: async ({ page }) => {
      await page.locator('#serial').fill('LX-000999');
      await page.locator('main button[type=submit]').click();
      await page.waitForSelector('main svg[role=img]');
    },
  },
  {
    name: 'one cluster, its speaker to be revoked',
    path: '/speakers/ap-02-c1',
    act: async ({ page }) => {
      await page.locator('section[aria-labelledby=device-title] button').click();
      await page.waitForSelector('section[aria-labelledby=device-title] p[tabindex="-1"]');
    },
  },
  {
    name: 'schedule',
    path: '/schedule',
    act: async ({ page }) => page.locator('section[aria-labelledby=schedules-title] summary').click(),
  },
  {
    name: 'schedule, a new one with faults',
    path: '/schedule/new',
    act: async ({ page }) => {
      await page.locator('input[name=days]').nth(2).check();
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('[role=alert]');
    },
  },
  {
    name: 'schedule, confirm',
    path: '/schedule/new',
    act: async ({ page }) => {
      await page.locator('#schedule-name').fill('Tin sáng');
      await page.locator('input[name=bulletin]').first().check();
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('#next-title');
    },
  },
  { name: 'settings', path: '/settings', act: async ({ page }) => void (await page.waitForSelector('input[type=range]')) },
  {
    name: 'settings, of who may not change them',
    path: '/settings',
    prepare: (api) => {
      api.session = fakeSession('announcer', api.nowMs());
    },
    act: async ({ page }) => void (await page.waitForSelector('input[type=range]')),
  },
  {
    name: 'places, a hamlet and a cluster opened',
    path: '/settings/places',
    act: async ({ page }) => {
      await page.locator('main ol > li > details > summary').nth(1).click();
      await page.locator('main ol > li').nth(1).locator('ul summary').first().click();
    },
  },
  {
    name: 'places, imported with faults',
    path: '/settings/places/import',
    act: async ({ page }) => {
      await page.locator('#places-table').fill('Ấp,Cụm loa,Số loa\nẤp 40,Chợ,12\n,Đình,x');
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('[role=alert]');
    },
  },
  {
    name: 'places, import looked at',
    path: '/settings/places/import',
    act: async ({ page }) => {
      await page.locator('#places-table').fill('Ấp,Cụm loa\nẤp 1,Bến đò mới\nKhu phố 40,Chợ\n,Đình');
      await page.locator('main button[data-kind=primary]').click();
      await page.waitForSelector('#preview-title');
    },
  },
  {
    name: 'accounts, one opened',
    path: '/settings/accounts',
    act: async ({ page }) => {
      await page.locator('main summary').nth(1).click();
      await page.locator('main li').nth(1).locator('button').last().click();
      await page.waitForSelector('main li p[tabindex="-1"]');
    },
  },
  {
    name: 'accounts, a new one',
    path: '/settings/accounts',
    act: async ({ page }) => {
      await page.locator('main button[data-kind=primary]').first().click();
      await page.locator('#display-name').fill('Võ Thị Mai');
      await page.locator('#username').fill('mai');
      await page.locator('main button[type=submit]').first().click();
      await page.waitForSelector('main code');
    },
  },
  {
    name: 'accounts, of who may not see them',
    path: '/settings/accounts',
    prepare: (api) => {
      api.session = fakeSession('technician', api.nowMs());
    },
  },
  {
    name: 'audit trail, verified',
    path: '/settings/audit',
    act: async ({ page }) => {
      await page.waitForSelector('main ol li');
      await page.locator('main button').first().click();
      await page.waitForSelector('main [role=status]');
    },
  },
];

describe('every page of the console', () => {
  let browser: Browser;
  let dist: string;

  beforeAll(async () => {
    dist = buildConsole();
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  });
  afterAll(() => browser?.close());

  describe.each(['vi', 'en'] as const)('in %s', (language) => {
    it.each(CASES)(
      '$name: accessible in every theme, no sideways scroll, large targets, nothing refused by the browser',
      async (testCase) => {
        const api = await startFakeApi(dist);
        testCase.prepare?.(api);
        const path = typeof testCase.path === 'function' ? testCase.path(api) : testCase.path;
        const view = await openConsole(browser, { url: api.url, path, language, widthPx: 360, permissions: ['microphone'] });
        try {
          await view.page.waitForLoadState('networkidle');
          await testCase.act?.(view, api);
          // As tall as the page, so that the bar at the bottom covers nothing that is measured.
          const heightPx = await view.page.evaluate(() => document.documentElement.scrollHeight);
          await view.page.setViewportSize({ width: 360, height: heightPx });
          // Colours, roles and structure know no language: they are looked at once, and English for its length.
          for (const theme of language === 'vi' ? THEMES : []) {
            await view.page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
            expect(await accessibilityProblems(view.page, theme === 'light' ? 'all' : 'colours'), theme).toEqual([]);
          }
          expect(await smallTargets(view.page, TARGET_PX)).toEqual([]);
          for (const width of [320, 360, 768, 1280]) {
            await view.page.setViewportSize({ width, height: 740 });
            expect(await overflowPx(view.page), `at ${width} px`).toBeLessThanOrEqual(0);
          }
          expect(await view.page.evaluate(() => document.documentElement.lang)).toBe(language);
          expect(view.complaints).toEqual([]);
        } finally {
          await view.close();
          await api.close();
        }
      },
    );
  });
});
