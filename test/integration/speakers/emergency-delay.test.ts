import { afterEach, describe, expect, test } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { SpeakerConnection } from '../../../controller/speakers/connection.ts';
import { validHello } from '../../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { QUIET_TELEMETRY } from '../../support/test-speaker.ts';

const BEAT_MS = 20_000;
let world: SpeakerWorld;
let clock: TestClock;
afterEach(() => world.close());

/** Four poles on cables in one hamlet: the odd ones of the world. */
const HAMLET = ['SPK-1', 'SPK-3', 'SPK-5', 'SPK-7'];

/** A speaker whose answers to pings take what the test says, and which probes as the protocol says. @param pongMs of its n-th ping */
function speaker(speakerId: string, pongMs: (nth: number) => number) {
  let pings = 0;
  let seq = 0;
  const socket = {
    bufferedAmount: 0,
    send() {},
    ping(payload: string) {
      clock.after('pong', pongMs(pings++), () => connection.pong(payload));
    },
    close() {},
    terminate() {},
  };
  const connection: SpeakerConnection = world.speakers.converse(speakerId, socket, { ip: '127.0.0.1' });
  const say = (body: object): void => connection.receive(JSON.stringify({ v: 1, seq: ++seq, ...body }), false);
  const beat = (): void => {
    const telemetry = { ...QUIET_TELEMETRY, networkKind: 'ethernet', packetsReceived: 2, clockOffsetMs: clock.nowMs() };
    say({ type: 'beat', t1Ms: 0, telemetry });
  };
  return {
    beat,
    connect() {
      say(validHello(speakerId));
      beat();
      for (let nth = 1; nth <= 10; nth++) clock.after('probe', 80 * nth, () => say({ type: 'probe', t1Ms: nth }));
      // Out of turn, once the first pilot is there.
      clock.after('beat', 500, beat);
    },
  };
}

async function hamletOf(pongMs: (speakerId: string, nth: number) => number) {
  clock = new TestClock();
  world = await startSpeakerWorld({ clock, inService: 8 });
  const all = HAMLET.map((speakerId) => speaker(speakerId, (nth) => pongMs(speakerId, nth)));
  for (const one of all) one.connect();
  await clock.advance(1500);
  return {
    delaysMs: () => HAMLET.map((speakerId) => world.speakers.directory.playoutDelayMs(speakerId, 'emergency')),
    async beats(count: number): Promise<void> {
      for (let beat = 0; beat < count; beat++) {
        for (const one of all) one.beat();
        await clock.advance(BEAT_MS);
      }
    },
  };
}

describe('an emergency’s delay', () => {
  test('is the network’s a second after a hamlet has connected, although everybody was busy then', async () => {
    const hamlet = await hamletOf((_, nth) => (nth < 2 ? 250 - 50 * nth : 0.6));
    expect(hamlet.delaysMs()).toEqual([100, 100, 100, 100]);
  });

  test('is that of most poles: a slow one raises nobody’s but its own, and is named until it is quick again', async () => {
    let slowMs = 2000;
    const hamlet = await hamletOf((speakerId) => (speakerId === 'SPK-5' ? slowMs : 0.6));
    await hamlet.beats(20);
    expect(hamlet.delaysMs()).toEqual([100, 100, 600, 100]);
    const { directory } = world.speakers;
    expect(HAMLET.map((speakerId) => directory.playsApart(speakerId, 'emergency'))).toEqual([false, false, true, false]);
    const raised = world.told('fault.raised').filter(({ speakerId }) => HAMLET.includes(speakerId));
    expect(raised.map(({ speakerId, code }) => `${speakerId} ${code}`)).toEqual(['SPK-5 slow_path']);
    const fault = world.faults.openFaults().find(({ speakerId }) => speakerId === 'SPK-5');
    expect(fault).toMatchObject({ severity: 'info', evidence: { behindNeighboursMs: 460, networkKind: 'ethernet' } });
    slowMs = 0.6;
    await hamlet.beats(100);
    expect(hamlet.delaysMs()).toEqual([100, 100, 100, 100]);
    expect(world.told('fault.cleared').map(({ code }) => code)).toEqual(['slow_path']);
  });
});
