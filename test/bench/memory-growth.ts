import { text } from 'node:stream/consumers';
import { getHeapSnapshot } from 'node:v8';
import type { ControlSocket } from '../../controller/speakers/index.ts';
import { stopTestServer } from '../support/postgres.ts';
import { validHello } from '../support/speaker-messages.ts';
import { startSpeakerWorld } from '../support/speaker-world.ts';
import { QUIET_TELEMETRY } from '../support/test-speaker.ts';
import { BenchCommune } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { play, recording } from './commune-stage.ts';
import { ControllerHeap, INSPECTABLE } from './controller-heap.ts';
import { objectsMb } from './heap-objects.ts';

const DAYS_PER_MONTH = 30;
/** What is kept on purpose (the latest of something) has filled up by then. */
const WARM_UP_DAYS = 4;
const MEASURED_DAYS = 12;
/** "No growth": less than a thousandth of the heap a day, which is what caches of the libraries come to. */
const MOST_MB_PER_MONTH = 2;
const HAMLETS = 10;
const CLUSTERS_PER_HAMLET = 4;
const SPEAKERS = HAMLETS * CLUSTERS_PER_HAMLET;
const BEATS_PER_DAY = 4320;
/** As many messages as a connection takes at once. */
const BEATS_PER_CONNECTION = 240;
const NOTICE = 'Mời bà con ra nhà văn hóa.';

/** Whether memory grows with the days: what happens in a day, without the hours in between. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  if (context.quick) return [];
  return [...(await ofBeats(context)), ...(await ofBroadcasts(context))];
}

/** A day's heartbeats of forty speakers through message handler, live state and fault rules, on a new connection every 240 beats. */
async function ofBeats({ log }: BenchContext): Promise<BenchRow[]> {
  const world = await startSpeakerWorld({ inService: SPEAKERS, clusters: 0 });
  const socket: ControlSocket = { bufferedAmount: 0, send() {}, ping() {}, close() {}, terminate() {} };
  const connection = (speakerId: string): void => {
    const one = world.speakers.converse(speakerId, socket, { ip: '127.0.0.1' });
    one.receive(JSON.stringify({ v: 1, seq: 1, ...validHello(speakerId) }), false);
    for (let seq = 2; seq < BEATS_PER_CONNECTION + 2; seq++) {
      const telemetry = { ...QUIET_TELEMETRY, packetsReceived: 2 };
      one.receive(JSON.stringify({ v: 1, seq, type: 'beat', t1Ms: world.clock.nowMs(), telemetry }), false);
    }
    one.socketClosed(1006);
  };
  const growth = new Growth();
  try {
    for (let day = 1; day <= WARM_UP_DAYS + MEASURED_DAYS; day++) {
      for (let beats = 0; beats < BEATS_PER_DAY; beats += BEATS_PER_CONNECTION) {
        for (let index = 1; index <= SPEAKERS; index++) connection(`SPK-${index}`);
        // The store's writers and timers get their turn.
        await world.clock.sleep(50);
      }
      await world.clock.sleep(1500);
      // What the test world itself remembers is not the controller's.
      world.forgetTold();
      if (growth.isDue(day)) growth.note(objectsMb(await text(getHeapSnapshot())));
    }
  } finally {
    await world.close();
    await stopTestServer();
  }
  log(`beats: ${growth}`);
  return [growth.row(`over ${DAYS_PER_MONTH} simulated days of ${SPEAKERS} speakers’ beats, objects in the heap`, MOST_MB_PER_MONTH)];
}

/** A day's broadcasts and reconnects on a real controller: in each hamlet a bulletin, and every speaker loses its power once. */
async function ofBroadcasts(context: BenchContext): Promise<BenchRow[]> {
  const town = new BenchCommune(context, { hamlets: HAMLETS, clustersPerHamlet: CLUSTERS_PER_HAMLET, environment: INSPECTABLE });
  let heap: ControllerHeap | undefined;
  const growth = new Growth();
  try {
    await town.start();
    const notice = await recording(town, 'Thông báo', NOTICE);
    const fleet = await town.startFleet('lan', { settleMs: 1000 });
    heap = await ControllerHeap.open(town.commune);
    for (let day = 1; day <= WARM_UP_DAYS + MEASURED_DAYS; day++) {
      const hamletIds = Array.from({ length: HAMLETS }, (_, index) => `ap-${String(index + 1).padStart(2, '0')}`);
      const broadcasts = await Promise.all(hamletIds.map((hamletId) => play(town, notice, 'normal', { hamletId })));
      await town.clock.sleep(notice.durationMs + 2000);
      for (const broadcastId of broadcasts) {
        const { status } = await town.commune.broadcastOver(broadcastId);
        if (status !== 'finished') throw new Error(`a broadcast of the bench is ${status}`);
      }
      await fleet.restart();
      await town.clock.sleep(1000);
      if (growth.isDue(day)) growth.note(await heap.objectsMb());
    }
  } finally {
    heap?.close();
    await town.close();
  }
  context.log(`on air: ${growth}`);
  const what = `over ${DAYS_PER_MONTH} simulated days, each ${HAMLETS} broadcasts and ${SPEAKERS} reconnects`;
  return [growth.row(`${what}, objects in the heap`, MOST_MB_PER_MONTH)];
}

/** Between the end of the warm-up and the last day. */
class Growth {
  #mb: number[] = [];

  isDue(day: number): boolean {
    return day === WARM_UP_DAYS || day === WARM_UP_DAYS + MEASURED_DAYS;
  }

  note(mb: number): void {
    this.#mb.push(mb);
  }

  row(metric: string, target: number | null): BenchRow {
    const [before = Number.NaN, after = Number.NaN] = this.#mb;
    const value = (DAYS_PER_MONTH * (after - before)) / MEASURED_DAYS;
    return benchRow({ name: 'memory growth', metric, value, unit: 'MB', target, n: MEASURED_DAYS });
  }

  toString(): string {
    return `${this.#mb.map((mb) => mb.toFixed(3)).join(', then ')} MB after ${MEASURED_DAYS} days more`;
  }
}
