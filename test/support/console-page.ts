import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface ConsolePage {
  page: Page;
  context: BrowserContext;
  /** Whatever the browser complained of: content security, failed scripts, uncaught errors. */
  complaints: string[];
  close(): Promise<void>;
}

interface OpenOptions {
  url: string;
  path?: string;
  language?: 'vi' | 'en';
  widthPx?: number;
  countdownInsteadOfHold?: boolean;
  serviceWorkers?: 'allow' | 'block';
  permissions?: string[];
}

/** Opens the console in a fresh profile with these preferences, and collects what the browser complains of. */
export async function openConsole(browser: Browser, options: OpenOptions): Promise<ConsolePage> {
  const {
    url,
    path = '/',
    language = 'vi',
    widthPx = 1280,
    countdownInsteadOfHold = false,
    serviceWorkers = 'block',
    permissions = [],
  } = options;
  const context = await browser.newContext({ viewport: { width: widthPx, height: 740 }, serviceWorkers, permissions, bypassCSP: false });
  const preferences = JSON.stringify({ language, theme: 'light', countdownInsteadOfHold });
  await context.addInitScript(`localStorage.getItem('loa-xa.preferences') ?? localStorage.setItem('loa-xa.preferences', '${preferences}')`);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url + path);
  await page.waitForSelector('h1');
  return { page, context, complaints, close: () => context.close() };
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What another theme can spoil: the same elements in other colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Violations of WCAG 2.2 AA that axe finds, one line each. `target-size` is off by default in axe and on here. */
export async function accessibilityProblems(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  // Evaluated by the debugger, so the page's own content security policy stays in force.
  await page.evaluate(`window.axe || (() => { ${axeSource} })()`);
  const options =
    rules === 'colours'
      ? { runOnly: { type: 'rule', values: COLOUR_RULES } }
      : { runOnly: { type: 'tag', values: TAGS }, rules: { 'target-size': { enabled: true } } };
  const results = (await page.evaluate(`window.axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  return results.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** Pixels by which the page is wider than the window. */
export async function overflowPx(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Things to press that are smaller than they should be, as "name: width x height". Links inside a sentence are excepted (WCAG 2.5.8). */
export async function smallTargets(page: Page, minimumPx: number): Promise<string[]> {
  return await page.evaluate((minimum) => {
    const pressable = 'button, summary, select, a[href], label.choice, input:not(label input):not([type=file])';
    return [...document.querySelectorAll<HTMLElement>(pressable)]
      .filter(
        (element) => element.checkVisibility() && !element.closest('.visually-hidden') && getComputedStyle(element).display !== 'inline',
      )
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.height > 1 && box.height < minimum - 0.5)
      .map(
        ({ element, box }) =>
          `${element.textContent || element.ariaLabel || element.tagName}: ${Math.round(box.width)} x ${Math.round(box.height)}`,
      );
  }, minimumPx);
}
