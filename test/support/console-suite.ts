import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { BroadcastSummary, StartBroadcast } from '../../controller/protocol/broadcasts.ts';
import { buildConsole } from './built-console.ts';
import { launchChromium } from './chromium.ts';
import { type ConsolePage, openConsole } from './console-page.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { fakeBroadcast } from './fake-commune.ts';

export interface ConsoleSuite {
  readonly api: FakeApi;
  open(path: string, options?: Partial<Parameters<typeof openConsole>[1]>): Promise<Page>;
  /** What the page asked to be started, and to be stopped, in order. */
  started(): StartBroadcast[];
  stopped(): string[];
  putOnAir(change: Partial<BroadcastSummary>): BroadcastSummary;
  /** How far a broadcast has sounded, as the live feed tells it. */
  sounded(broadcastId: string | undefined, positionMs: number): void;
}

/** The built console in a real browser over the fake API, fresh for every test; a test fails on whatever the browser complains of. */
export function consoleSuite(): ConsoleSuite {
  let browser: Browser;
  let dist: string;
  let api: FakeApi;
  let view: ConsolePage | undefined;

  beforeAll(async () => {
    dist = buildConsole();
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    api = await startFakeApi(dist);
  });
  afterEach(async () => {
    const complaints = view?.complaints ?? [];
    await view?.close();
    view = undefined;
    await api.close();
    expect(complaints).toEqual([]);
  });

  return {
    get api() {
      return api;
    },
    async open(path, options = {}) {
      view = await openConsole(browser, { url: api.url, path, permissions: ['microphone'], ...options });
      return view.page;
    },
    started: () =>
      api.commands
        .filter((command) => command.method === 'POST' && command.path === '/api/broadcasts')
        .map((command) => command.body as StartBroadcast),
    stopped: () => api.commands.filter((command) => command.path.endsWith('/stop')).map((command) => command.path),
    putOnAir(change) {
      const broadcast = fakeBroadcast(change, [...api.commune.speakers.keys()], api.nowMs());
      api.setBroadcast(broadcast);
      return broadcast;
    },
    sounded(broadcastId, positionMs) {
      api.send({ type: 'progress', broadcastId, positionMs, levelDb: -20 });
    },
  };
}

/** An answer of the API that is no success, in the API's own shape. */
export const problemAnswer = (status: number, code: string, vi: string) => ({ status, json: { error: { code, vi, en: code } } });
