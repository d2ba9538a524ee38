import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { pageSizeBytes } from '../../../web-console/build/page-sizes.ts';
import { buildConsole } from '../../support/built-console.ts';

/** Brotli bytes of script and style before a page is drawn: 5 s of first load at 400 kbit/s (console design, section 8). */
const PHONE_BYTES = 120_000;
const OFFICE_BYTES = 170_000;
const PHONE_PAGES = [
  'sign-in/sign-in-page',
  'on-air/on-air-page',
  'play/play-page',
  'speak/speak-page',
  'emergency/emergency-page',
  'speakers/speakers-page',
  'speakers/cluster-page',
  'schedule/schedule-page',
  'settings/settings-page',
  'settings/places-page',
  'settings/accounts-page',
  'settings/audit-page',
  'speakers/add-speaker-page',
  'library/library-page',
];
const OFFICE_PAGES = [
  'library/write-page',
  'library/upload-page',
  'library/dictionary-page',
  'library/bulletin-page',
  'settings/import-places-page',
  'schedule/new-schedule-page',
  'library/edit-page',
];

describe('the built console', () => {
  let dist = '';
  beforeAll(() => {
    dist = buildConsole();
  }, 120_000);

  it.each(PHONE_PAGES)('%s loads within the phone’s budget', (page) => {
    expect(pageSizeBytes(dist, `pages/${page}.tsx`)).toBeLessThanOrEqual(PHONE_BYTES);
  });

  it.each(OFFICE_PAGES)('%s loads within the office’s budget', (page) => {
    expect(pageSizeBytes(dist, `pages/${page}.tsx`)).toBeLessThanOrEqual(OFFICE_BYTES);
  });

  it('asks nothing of other hosts and has no script in the page’s text', () => {
    const html = readFileSync(path.join(dist, 'index.html'), 'utf8');
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    for (const css of readdirSync(path.join(dist, 'assets')).filter((name) => name.endsWith('.css'))) {
      expect(readFileSync(path.join(dist, 'assets', css), 'utf8'), css).not.toMatch(/url\(["']?(?:https?:)?\/\//);
    }
  });

  it('has every text file compressed beside it, with the same content', () => {
    const texts = readdirSync(path.join(dist, 'assets')).filter((name) => /\.(js|css)$/.test(name));
    expect(texts.length).toBeGreaterThan(20);
    for (const name of texts) {
      const file = path.join(dist, 'assets', name);
      const content = readFileSync(file);
      expect(brotliDecompressSync(readFileSync(`${file}.br`)).equals(content), name).toBe(true);
      expect(gunzipSync(readFileSync(`${file}.gz`)).equals(content), name).toBe(true);
    }
  });

  it('the service worker keeps files that exist, leaves the microphone’s library out, and never touches the API', () => {
    const code = readFileSync(path.join(dist, 'service-worker.js'), 'utf8');
    const shell = JSON.parse(/const SHELL = (\[.*?\]);/.exec(code)?.[1] ?? 'null') as string[];
    expect(shell.length).toBeGreaterThan(20);
    for (const url of shell.filter((entry) => entry !== '/')) expect(existsSync(path.join(dist, url)), url).toBe(true);
    const kept = shell.filter((url) => url.endsWith('.js')).map((url) => readFileSync(path.join(dist, url), 'utf8'));
    expect(kept.some((text) => text.includes('iceParameters') && text.includes('rtpCapabilities'))).toBe(false);
    expect(code).toContain("startsWith('/api/')");
    expect(code).not.toMatch(/cache\.put|addAll\([^S]/);
  });
});
