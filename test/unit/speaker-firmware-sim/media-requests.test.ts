import { expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { FromSpeakerBody } from '../../../controller/protocol/speaker-control.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { MediaRequests } from '../../../speaker-firmware-sim/speaker/media-requests.ts';

function bench() {
  const clock = new TestClock();
  const sent: FromSpeakerBody[] = [];
  const state = { connected: true, seq: 10 };
  const requests = new MediaRequests({
    clock,
    random: createRandom('requests'),
    send(body) {
      if (!state.connected) return undefined;
      sent.push(body);
      return ++state.seq;
    },
  });
  return { clock, requests, state, reasons: () => sent.map((body) => body.type === 'media.request' && body.reason) };
}

it('asks again until there is a grant, also while the path from before looks open', async () => {
  const { clock, requests, state, reasons } = bench();
  requests.connected();
  requests.granted();
  requests.pathOpened();
  requests.connected();
  for (let attempt = 0; attempt < 4; attempt++) {
    requests.refused(state.seq);
    await clock.advance(10_000);
  }
  expect(reasons()).toEqual(['start', ...Array.from({ length: 5 }, () => 'controller_lost')]);
  requests.granted();
  await clock.advance(60_000);
  expect(reasons()).toHaveLength(6);
});

it('does not take the refusal of another message for its own, but one that was not even read', async () => {
  const { clock, requests, state, reasons } = bench();
  requests.ask('path_lost');
  requests.refused(state.seq - 1);
  await clock.advance(60_000);
  expect(reasons()).toHaveLength(1);
  requests.refused(0);
  await clock.advance(10_000);
  expect(reasons()).toHaveLength(2);
  requests.granted();
  requests.refused(0);
  await clock.advance(60_000);
  expect(reasons()).toHaveLength(2);
});

it('leaves it to the next connection when there is none, and to the next boot when the power is gone', async () => {
  const { clock, requests, state, reasons } = bench();
  requests.ask('path_lost');
  requests.refused(state.seq);
  state.connected = false;
  await clock.advance(60_000);
  state.connected = true;
  await clock.advance(60_000);
  expect(reasons()).toHaveLength(1);
  requests.failed();
  requests.forget();
  await clock.advance(60_000);
  expect(reasons()).toHaveLength(1);
});
