import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM_BIN, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The distribution's browser, with nothing of its own going on in the background. Playwright gives it a fresh profile. */
export async function launchChromium(moreArgs: readonly string[] = []): Promise<Browser> {
  const executablePath = CANDIDATES.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_BIN.');
  return await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...moreArgs,
    ],
  });
}
