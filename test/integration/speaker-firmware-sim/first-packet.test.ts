import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFleet, type Fleet } from '../../../speaker-firmware-sim/fleet.ts';
import { sendPilots, sleep, until } from '../../support/mini-air.ts';
import { type MiniController, startMiniController } from '../../support/mini-controller.ts';

let controller: MiniController;
let fleet: Fleet;
let folder = '';

beforeAll(async () => {
  controller = await startMiniController({ config: { pilotPeriodMs: 10_000, beatPeriodMs: 60_000 } });
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-first-packet-'));
});
afterAll(async () => {
  await fleet?.close();
  await controller.close();
  rmSync(folder, { recursive: true });
});

it('says within a second that the first packet of its path has come, and then beats at its period again', async () => {
  const emergency = await controller.openChannel({
    channelId: 'emergency',
    class: 'emergency',
    playoutDelayMs: 120,
    broadcastId: null,
    standing: true,
  });
  const members = [{ speakerId: 'SIM-0001', hamletId: 'ap-01', claim: controller.claimFor('SIM-0001') }];
  fleet = createFleet({ identityDirectory: folder, network: 'none', batteryShare: 0, members });
  await fleet.start();
  const beats = () => controller.messages.map(({ message }) => message).filter((message) => message.type === 'beat');
  await until('the beat after welcome', () => beats().length === 1);
  await sleep(1500);
  expect(beats()).toHaveLength(1);
  const endPilots = sendPilots(controller, emergency, 1000);
  await until('a beat out of turn', () => beats().length === 2, 5000);
  expect((beats()[1] as { telemetry: { packetsReceived: number } }).telemetry.packetsReceived).toBeGreaterThan(0);
  await sleep(2500);
  endPilots();
  expect(beats()).toHaveLength(2);
});
