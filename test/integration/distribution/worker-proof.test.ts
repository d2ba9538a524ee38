import { createWorker, type types } from 'mediasoup';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { ROUTER_CODECS } from '../../../controller/distribution/media-codec.ts';
import { explainWorkerStart } from '../../../controller/distribution/start-errors.ts';
import { letStrangersKnock, proveWorker, UnpatchedWorker } from '../../../controller/distribution/worker-proof.ts';

const clock = new SystemClock();
const mediaPorts = { min: 44_000, max: 44_499 };
let worker: types.Worker;
let router: types.Router;

beforeAll(async () => {
  const workerBin = process.env.MEDIASOUP_WORKER_BIN;
  worker = await createWorker(workerBin === undefined ? {} : { workerBin });
  router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
});
afterAll(() => worker?.close());

it('holds for the worker that set-up builds, over IPv4 and IPv6, and leaves nothing open', async () => {
  expect(await proveWorker(router, { listen: { ipv4: '0.0.0.0' }, mediaPorts, clock })).toBe(true);
  expect(await proveWorker(router, { listen: { ipv6: '::' }, mediaPorts, clock })).toBe(true);
  expect((await router.dump()).transportIds).toEqual([]);
});

it('sees a path that is given to a stranger', async () => {
  // Without SRTP nothing is authentic, and any worker takes whoever comes first.
  const open = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: mediaPorts },
    comedia: true,
  });
  expect(await letStrangersKnock(open, clock)).toBe('let in');
  open.close();
});

it('ends the start in words that say what to do', () => {
  const error = explainWorkerStart(new UnpatchedWorker(), { mediaPorts, workerBin: '/opt/worker' });
  expect(error.code).toBe('distribution.worker_unpatched');
  expect(error.words.en).toMatch(/\/opt\/worker.*npm run setup/);
  expect(error.words.vi).toMatch(/\/opt\/worker.*npm run setup/);
});
