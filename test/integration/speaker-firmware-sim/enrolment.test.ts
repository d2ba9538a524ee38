import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { ClaimCode } from '../../../controller/protocol/enrolment.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { IdentityStore } from '../../../speaker-firmware-sim/speaker/identity.ts';
import { IdentityKeeper } from '../../../speaker-firmware-sim/speaker/identity-keeper.ts';
import { until } from '../../support/mini-air.ts';
import { type MiniController, startMiniController } from '../../support/mini-controller.ts';

let controller: MiniController;
let folder = '';
beforeAll(async () => {
  controller = await startMiniController();
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-enrol-'));
});
afterAll(async () => {
  await controller.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  controller.enrolmentAnswersToLose = 0;
  controller.forgeEnrolmentAnswer = (answer) => answer;
});

/** A device of which only the identity is there: each call is another boot. */
function boot(speakerId: string, claim: ClaimCode | undefined) {
  const clock = new TestClock(Date.now());
  const state = { ready: 0, logged: [] as string[] };
  const keeper = new IdentityKeeper({
    speakerId,
    claim,
    device: { model: 'test', firmware: '1' },
    identities: new IdentityStore(folder),
    clock,
    random: createRandom(speakerId),
    log: (_level, message) => state.logged.push(message),
    onReady: () => state.ready++,
  });
  return { clock, keeper, state };
}

const enrolmentsOf = (speakerId: string): number => controller.enrolments.filter((id) => id === speakerId).length;

it('asks with the identical request when the answer got lost, over a power cut too, and leaves no claim behind', async () => {
  const claim = controller.claimFor('ENR-0001');
  controller.enrolmentAnswersToLose = 2;
  const first = boot('ENR-0001', claim);
  await first.keeper.start();
  expect(first.state).toMatchObject({ ready: 0, logged: [expect.stringMatching(/not enrolled/)] });
  expect(enrolmentsOf('ENR-0001')).toBe(1);
  await first.clock.advance(20_000);
  await until('the second answer was lost too', () => first.state.logged.length === 2);
  const kept = readFileSync(join(folder, 'ENR-0001', 'enrolment.json'), 'utf8');
  first.keeper.stop();

  const second = boot('ENR-0001', claim);
  await second.keeper.start();
  expect(second.state).toEqual({ ready: 1, logged: [] });
  expect(second.keeper.identity.keyPem).toBe(JSON.parse(kept).keyPem);
  expect(enrolmentsOf('ENR-0001')).toBe(1);
  expect(readdirSync(join(folder, 'ENR-0001'))).toEqual(['identity.json']);
  expect(readFileSync(join(folder, 'ENR-0001', 'identity.json'), 'utf8')).not.toContain(claim.claim);

  // The same claim again is no reason to enrol; a new one is, and a worthless one takes nothing away.
  const third = boot('ENR-0001', claim);
  await third.keeper.start();
  const fourth = boot('ENR-0001', controller.claimFor('ENR-0001'));
  await fourth.keeper.start();
  expect(fourth.keeper.identity.keyPem).not.toBe(second.keeper.identity.keyPem);
  const fifth = boot('ENR-0001', { ...claim, claim: 'A'.repeat(16) });
  await fifth.keeper.start();
  expect([third.state.ready, fourth.state.ready, fifth.state.ready]).toEqual([1, 1, 1]);
  expect(fifth.keeper.identity).toEqual(fourth.keeper.identity);
  expect(enrolmentsOf('ENR-0001')).toBe(2);
});

it('takes a certificate only from the pinned authority, and only for its own key', async () => {
  const other = await startMiniController();
  let otherAnswer = {};
  other.forgeEnrolmentAnswer = (answer) => {
    otherAnswer = JSON.parse(answer);
    return answer;
  };
  const elsewhere = boot('ENR-0002', other.claimFor('ENR-0002'));
  await elsewhere.keeper.start();
  expect(elsewhere.state.ready).toBe(1);
  await other.close();
  const anotherKey = boot('ENR-0003', controller.claimFor('ENR-0003'));
  let certificateOfAnother = '';
  controller.forgeEnrolmentAnswer = (answer) => {
    certificateOfAnother = JSON.parse(answer).certificatePem;
    return answer;
  };
  await anotherKey.keeper.start();
  const { caPem, certificatePem } = otherAnswer as { caPem: string; certificatePem: string };
  const forgeries: [Record<string, unknown>, RegExp][] = [
    [{ caPem, certificatePem }, /another authority/],
    [{ certificatePem }, /not signed by the authority/],
    [{ certificatePem: certificateOfAnother }, /not for this device/],
    [{ certificatePem: 'x' }, /no certificates/],
    [{ controlUrl: 'ws://127.0.0.1/speaker/v1' }, /not be encrypted/],
  ];
  for (const [index, [forgery, reason]] of forgeries.entries()) {
    const speakerId = `ENR-01${index}`;
    controller.forgeEnrolmentAnswer = (answer) => JSON.stringify({ ...JSON.parse(answer), ...forgery });
    const { keeper, state } = boot(speakerId, controller.claimFor(speakerId));
    await keeper.start();
    expect(state).toEqual({ ready: 0, logged: [expect.stringMatching(reason)] });
    expect(existsSync(join(folder, speakerId, 'identity.json'))).toBe(false);
  }
});
