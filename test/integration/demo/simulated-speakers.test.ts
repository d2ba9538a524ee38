import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createSimulatedSpeakers } from '../../../controller/demo/simulated-speakers.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

it('a simulator that ends by itself is known to have ended, with its own reason', async () => {
  const ended = Promise.withResolvers<string>();
  const speakers = createSimulatedSpeakers({
    claims: [{ claimCode: 'no such code', hamletId: 'ap-01' }],
    identityDirectory: join(makeScratchFolder('simulator'), 'speakers'),
    network: 'lan',
    decodeShare: 0,
    clock: new SystemClock(),
    logger: pino({ level: 'silent' }),
    onExit: ended.resolve,
  });
  await speakers.start();
  expect(await ended.promise).toContain('line 1 of the claims');
  expect(speakers.hasEnded()).toBe(true);
  expect(speakers.figures()).toBeNull();
  await speakers.close();
});
