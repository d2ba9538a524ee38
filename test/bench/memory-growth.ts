import type { ControlSocket } from '../../controller/speakers/index.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { stopTestServer } from '../support/postgres.ts';
import { validHello } from '../support/speaker-messages.ts';
import { startSpeakerWorld } from '../support/speaker-world.ts';
import { QUIET_TELEMETRY } from '../support/test-speaker.ts';
import { BenchCommune } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { play, recording } from './commune-stage.ts';
import { ControllerHeap, INSPECTABLE } from './controller-heap.ts';
import { residentMb } from './process-memory.ts';

const DAYS_PER_MONTH = 30;
/** What is kept on purpose (the latest of something) has filled up by then. */
const WARM_UP_DAYS = 4;
const MEASURED_DAYS = 12;
/** "No growth": below what compiled code and the collector's moods add up to. */
const MOST_MB_PER_MONTH = 5;
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
  const days: number[] = [];
  try {
    for (let day = 0; day < WARM_UP_DAYS + MEASURED_DAYS; day++) {
      for (let beats = 0; beats < BEATS_PER_DAY; beats += BEATS_PER_CONNECTION) {
        for (let index = 1; index <= SPEAKERS; index++) connection(`SPK-${index}`);
        // The store's writers and timers get their turn.
        await world.clock.sleep(50);
      }
      await world.clock.sleep(1500);
      // What the test world itself remembers is not the controller's.
      world.forgetTold();
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      days.push((heapUsed + external) / 1e6);
    }
  } finally {
    await world.close();
    await stopTestServer();
  }
  log(`heap after each day of beats: ${days.map((mb) => mb.toFixed(2)).join(', ')} MB`);
  return [monthRow(`over ${DAYS_PER_MONTH} simulated days of ${SPEAKERS} speakers’ beats, heap`, days, MOST_MB_PER_MONTH)];
}

/** A day's broadcasts and reconnects on a real controller: in each hamlet a bulletin, and every speaker loses its power once. */
async function ofBroadcasts(context: BenchContext): Promise<BenchRow[]> {
  const town = new BenchCommune(context, { hamlets: HAMLETS, clustersPerHamlet: CLUSTERS_PER_HAMLET, environment: INSPECTABLE });
  let heap: ControllerHeap | undefined;
  const heapDays: number[] = [];
  const residentDays: number[] = [];
  try {
    await town.start();
    const notice = await recording(town, 'Thông báo', NOTICE);
    const fleet = await town.startFleet('lan', { settleMs: 1000 });
    heap = await ControllerHeap.open(town.commune);
    for (let day = 0; day < WARM_UP_DAYS + MEASURED_DAYS; day++) {
      const hamletIds = Array.from({ length: HAMLETS }, (_, index) => `ap-${String(index + 1).padStart(2, '0')}`);
      const broadcasts = await Promise.all(hamletIds.map((hamletId) => play(town, notice, 'normal', { hamletId })));
      await town.clock.sleep(notice.durationMs + 2000);
      for (const broadcastId of broadcasts) {
        const { status } = await town.commune.broadcastOver(broadcastId);
        if (status !== 'finished') throw new Error(`a broadcast of the bench is ${status}`);
      }
      await fleet.restart();
      await town.clock.sleep(1000);
      heapDays.push(await heap.usedMb());
      residentDays.push(residentMb(town.commune.controller?.pid ?? 0));
    }
  } finally {
    heap?.close();
    await town.close();
  }
  context.log(
    `heap after each day on air: ${heapDays.map((mb) => mb.toFixed(2)).join(', ')} MB; resident ${residentDays.map((mb) => mb.toFixed(0)).join(', ')} MB`,
  );
  const what = `over ${DAYS_PER_MONTH} simulated days, each ${HAMLETS} broadcasts and ${SPEAKERS} reconnects`;
  return [monthRow(`${what}, heap`, heapDays, MOST_MB_PER_MONTH), monthRow(`${what}, resident`, residentDays, null)];
}

/** The trend of the days after the warm-up, for a month. */
function monthRow(metric: string, days: readonly number[], target: number | null): BenchRow {
  const value = DAYS_PER_MONTH * slope(days.slice(WARM_UP_DAYS));
  return benchRow({ name: 'memory growth', metric, value, unit: 'MB', target, n: MEASURED_DAYS });
}

/** Least squares, per step. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  return above / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
}
