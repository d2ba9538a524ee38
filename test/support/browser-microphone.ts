import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import type { Distributor } from '../../controller/distribution/index.ts';

/** A real Chromium that speaks a WAV file, in a loop, into a distributor's microphone by mediasoup-client. */
export interface BrowserMicrophone {
  page: Page;
  /** Opens the microphone and speaks; resolves when the browser produces. */
  speak(options?: { frameMs?: 10 | 20 }): Promise<void>;
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./browser-microphone-page.ts', import.meta.url));

export async function startBrowserMicrophone(options: {
  distributor: Distributor;
  microphoneId: string;
  /** 48 kHz WAV. */
  wavPath: string;
}): Promise<BrowserMicrophone> {
  const { distributor, microphoneId } = options;
  const server = await servePage(await bundlePage(ENTRY));
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${options.wavPath}`,
    ],
  });
  const page = await browser.newPage();
  await page.exposeFunction('openMicrophone', () => distributor.openMicrophone(microphoneId));
  await page.exposeFunction('connectMicrophone', (dtls: Record<string, unknown>) => distributor.connectMicrophone(microphoneId, dtls));
  await page.exposeFunction('produceMicrophone', (rtp: Record<string, unknown>) => distributor.produceMicrophone(microphoneId, rtp));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    async speak({ frameMs = 20 } = {}) {
      await page.evaluate(`window.speak(${frameMs})`);
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page's script with what it imports, as one ES module. */
export async function bundlePage(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  });
  const output = Array.isArray(built) ? built[0] : built;
  if (!output || !('output' in output)) throw new Error('vite built nothing');
  return output.output[0].code;
}

/** An empty page with this script, on a free port of the loopback address (which a browser trusts with a microphone). */
export async function servePage(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/page.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
