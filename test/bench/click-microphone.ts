import { fileURLToPath } from 'node:url';
import type { OpenMicrophoneResponse } from '../../controller/protocol/microphone.ts';
import type { ApiClient } from '../support/api-client.ts';
import { bundlePage, servePage } from '../support/browser-microphone.ts';
import { launchChromium } from '../support/chromium.ts';

const ENTRY = fileURLToPath(new URL('./click-page.ts', import.meta.url));
const SAMPLES_PER_MS = 48;
const CLICK_MS = 12;

/** A chirp from 800 to 3600 Hz: survives speech coding, and its correlation has one sharp peak. */
export function makeClick(): Float32Array {
  const click = new Float32Array(CLICK_MS * SAMPLES_PER_MS);
  for (let i = 0; i < click.length; i++) {
    const share = i / click.length;
    const turns = (CLICK_MS / 1000) * share * (800 + (2800 * share) / 2);
    click[i] = 0.6 * Math.sin(2 * Math.PI * turns) * Math.sin(Math.PI * share) ** 2;
  }
  return click;
}

/** A real Chromium that speaks clicks into the controller by WebRTC, as the console does. */
export interface ClickMicrophone {
  /** Resolves when the browser produces; the answer is what a broadcast names as its content. */
  speak(options: { frameMs: 10 | 20; periodMs: number }): Promise<{ microphoneId: string; clicksAtMs: readonly number[] }>;
  fallSilent(): Promise<void>;
  close(): Promise<void>;
}

export async function startClickMicrophone(api: ApiClient): Promise<ClickMicrophone> {
  const server = await servePage(await bundlePage(ENTRY));
  const browser = await launchChromium(['--autoplay-policy=no-user-gesture-required']);
  const close = async (): Promise<void> => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    const page = await browser.newPage();
    let microphoneId = '';
    let clicksAtMs: number[] = [];
    const post = <Body>(step: string, body: unknown): Promise<Body> => api.expect<Body>('POST', `/api/microphones${step}`, body);
    await page.exposeFunction('openMicrophone', async () => {
      const opened = await post<OpenMicrophoneResponse>('', {});
      microphoneId = opened.microphoneId;
      return opened;
    });
    await page.exposeFunction('connectMicrophone', (dtlsParameters: unknown) => post(`/${microphoneId}/connect`, { dtlsParameters }));
    await page.exposeFunction(
      'produceMicrophone',
      async (rtpParameters: unknown) => (await post<{ producerId: string }>(`/${microphoneId}/produce`, { rtpParameters })).producerId,
    );
    await page.exposeFunction('clicked', (atMs: number) => void clicksAtMs.push(atMs));
    const { port } = server.address() as { port: number };
    await page.goto(`http://127.0.0.1:${port}/`);
    const click = JSON.stringify([...makeClick()]);
    return {
      async speak({ frameMs, periodMs }) {
        clicksAtMs = [];
        await page.evaluate(`window.speakClicks({ frameMs: ${frameMs}, periodMs: ${periodMs}, click: ${click} })`);
        return { microphoneId, clicksAtMs };
      },
      async fallSilent() {
        await page.evaluate('window.fallSilent()');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
