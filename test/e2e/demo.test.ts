import { once } from 'node:events';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CommuneProcess, freePort } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

const SPEAKERS = 3;
const commune = new CommuneProcess({
  environment: {
    LOA_XA_DEMO: '1',
    LOA_XA_DEMO_SPEAKERS: String(SPEAKERS),
    LOA_XA_DEMO_NETWORK: 'lan',
    LOA_XA_MEDIA_PORTS: '39000-39599',
    LOA_XA_LANGUAGE: 'en',
  },
});
afterAll(() => commune.close());

async function start(): Promise<void> {
  commune.log.length = 0;
  commune.speakerPort = await freePort();
  await commune.startController();
  await until('every simulated speaker is connected', () => commune.logged(`${SPEAKERS}/${SPEAKERS} connected`).length > 0, 90_000);
}

/** As when the terminal of `npm start` goes away. */
async function hangUp(): Promise<void> {
  const { controller } = commune;
  if (!controller) return;
  controller.kill('SIGHUP');
  expect(await once(controller, 'exit')).toEqual([0, null]);
}

it('the demo’s speakers come back at a second start: on another port, and after a first one that was killed while they enrolled', async () => {
  chmodSync(path.dirname(commune.dataDir), 0o711);
  commune.httpsPort = await freePort();
  await start();
  expect(commune.logged('First log-in: admin / ')).toHaveLength(1);
  expect(commune.logged('SHA-256 of /ca.crt: ')).toHaveLength(1);
  await hangUp();
  // The database says that it is enrolled; it has saved nothing.
  const identity = path.join(commune.dataDir, 'demo/speakers/LXSIM-0001/identity.json');
  expect(existsSync(identity)).toBe(true);
  rmSync(identity);
  await start();
  expect(existsSync(identity)).toBe(true);
  await hangUp();
});
