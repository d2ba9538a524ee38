import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ControlSocket } from '../../controller/speakers/index.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { stopTestServer } from '../support/postgres.ts';
import { validHello } from '../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../support/speaker-world.ts';
import { enrolDevice, QUIET_TELEMETRY } from '../support/test-speaker.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import type { ClientOrder, ClientReport } from './heartbeat-clients.ts';

const CLIENTS = fileURLToPath(new URL('./heartbeat-clients.ts', import.meta.url));
const BEAT_S = 20;
const MOST_SPEAKERS = 10_000;
/** What 10 000 speakers say in a second. */
const BEATS_PER_SECOND = MOST_SPEAKERS / BEAT_S;

/** Cost of heartbeats in the gateway, from parsing to live state and fault rules; over TLS too. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  try {
    return await measure(context);
  } finally {
    await stopTestServer();
  }
}

async function measure(context: BenchContext): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const costs: number[] = [];
  for (const speakers of context.quick ? [100, MOST_SPEAKERS] : [100, 1000, MOST_SPEAKERS]) {
    const measured = await inMemory(speakers, context);
    costs.push(measured.usPerBeat);
    rows.push(row({ metric: `CPU for a beat, ${speakers} speakers`, value: measured.usPerBeat, unit: 'µs', n: speakers }));
    if (speakers === MOST_SPEAKERS) {
      rows.push(
        row({
          metric: '10 000 speakers at a 20 s beat, without sockets',
          value: measured.coreShare,
          unit: '% of a core',
          target: 50,
          n: speakers,
        }),
      );
      rows.push(row({ metric: 'memory for a connected speaker, without socket', value: measured.kbPerSpeaker, unit: 'kB', n: speakers }));
    }
  }
  const few = costs[0] ?? 1;
  const many = costs.at(-1) ?? 0;
  // A hundred speakers' state fits the processor's cache and ten thousand speakers' doesn't; more than that would be a cost that grows.
  rows.push(row({ metric: 'cost of a beat at 10 000 over that at 100', value: many / few, unit: 'x', target: 2, n: MOST_SPEAKERS }));
  rows.push(...(await overTls(context)));
  return rows;
}

function row(measured: Omit<Parameters<typeof benchRow>[0], 'name'>): BenchRow {
  return benchRow({ name: 'heartbeats', ...measured });
}

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1000;
};

/** The real message handler, fault rules and store; the socket is a function that takes the answers. */
async function inMemory(speakers: number, context: BenchContext): Promise<{ usPerBeat: number; coreShare: number; kbPerSpeaker: number }> {
  const world = await startSpeakerWorld({ inService: speakers, clusters: 0 });
  let answers = 0;
  const socket: ControlSocket = {
    bufferedAmount: 0,
    send() {
      answers += 1;
    },
    ping() {},
    close() {},
    terminate() {},
  };
  collectGarbage();
  const heapBytes = process.memoryUsage().heapUsed;
  const connections = Array.from({ length: speakers }, (_, index) => {
    const connection = world.speakers.converse(`SPK-${index + 1}`, socket, { ip: '127.0.0.1' });
    connection.receive(JSON.stringify({ v: 1, seq: 1, ...validHello(`SPK-${index + 1}`) }), false);
    return connection;
  });
  let seq = 1;
  // One buffer for all: what comes from a socket lies in the processor's cache, ten thousand prepared frames would not.
  const nextFrame = (): Buffer => {
    seq += 1;
    const text = JSON.stringify({
      v: 1,
      seq,
      type: 'beat',
      t1Ms: world.clock.nowMs(),
      telemetry: { ...QUIET_TELEMETRY, packetsReceived: 2 },
    });
    return Buffer.from(text);
  };
  const round = (): number => {
    const frame = nextFrame();
    const before = process.cpuUsage();
    for (const connection of connections) connection.receive(frame, false);
    return cpuMs(before);
  };
  round();
  await world.clock.sleep(context.quick ? 300 : 4000);
  collectGarbage();
  const kbPerSpeaker = (process.memoryUsage().heapUsed - heapBytes) / 1024 / speakers;
  const rounds = Math.max(2, Math.min(250, Math.round((context.quick ? 10_000 : 40_000) / speakers)));
  answers = 0;
  const costs: number[] = [];
  for (let count = 0; count < rounds; count++) costs.push((1000 * round()) / speakers);
  if (answers < rounds * speakers) throw new Error('beats were not answered');
  const usPerBeat = costs.sort((a, b) => a - b)[costs.length >> 1] ?? 0;
  const coreShare = await realTime(world, connections, nextFrame, context.quick ? 1000 : 10_000);
  context.log(`${speakers} speakers: ${usPerBeat.toFixed(1)} µs for a beat; ${coreShare.toFixed(1)} % of a core at a ${BEAT_S} s beat`);
  for (const connection of connections) connection.terminate('bench');
  await world.close();
  return { usPerBeat, coreShare, kbPerSpeaker };
}

/** Beats spread over time as they come from a network, with everything that runs beside them: percent of a core. */
async function realTime(
  world: SpeakerWorld,
  connections: readonly { receive(frame: Buffer, isBinary: boolean): void }[],
  nextFrame: () => Buffer,
  forMs: number,
): Promise<number> {
  const perMs = connections.length / BEAT_S / 1000;
  let frame = nextFrame();
  let sent = 0;
  const startMs = world.clock.monotonicMs();
  const before = process.cpuUsage();
  for (;;) {
    const elapsedMs = world.clock.monotonicMs() - startMs;
    if (elapsedMs >= forMs) return (100 * cpuMs(before)) / elapsedMs;
    for (; sent < elapsedMs * perMs; sent++) {
      const at = sent % connections.length;
      if (at === 0 && sent > 0) frame = nextFrame();
      connections[at]?.receive(frame, false);
    }
    await world.clock.sleep(2);
  }
}

/** As many beats a second as 10 000 speakers send, over real TLS WebSockets; and a commune that comes back after a power cut. */
async function overTls(context: BenchContext): Promise<BenchRow[]> {
  const sockets = context.quick ? 100 : 250;
  const world = await startSpeakerWorld({ clusters: sockets });
  const identities = [];
  for (let index = 1; index <= sockets; index++)
    identities.push(await enrolDevice(await world.speakers.issueClaim(`c-${index}`, `SPK-${index + 1000}`)));
  const clients = fork(CLIENTS, { stdio: 'inherit', serialization: 'advanced' });
  const order = async (what: ClientOrder): Promise<ClientReport> => {
    clients.send(what);
    const [report] = await once(clients, 'message');
    return report as ClientReport;
  };
  try {
    const firstAt = process.cpuUsage();
    await order({ do: 'connect', identities });
    const firstMs = cpuMs(firstAt) / sockets;
    await order({ do: 'beat', perSecond: BEATS_PER_SECOND, forMs: 1000 });
    const forMs = context.quick ? 1500 : 12_000;
    const beatsAt = process.cpuUsage();
    const { answers, tookMs: beatsMs } = await order({ do: 'beat', perSecond: BEATS_PER_SECOND, forMs });
    const coreShare = (100 * cpuMs(beatsAt)) / beatsMs;
    if (answers < 0.95 * BEATS_PER_SECOND * (beatsMs / 1000))
      throw new Error(`only ${answers} beats were answered in ${beatsMs.toFixed(0)} ms`);
    const againAt = process.cpuUsage();
    const startMs = world.clock.monotonicMs();
    const { resumed } = await order({ do: 'reconnect' });
    const againMs = cpuMs(againAt) / sockets;
    const tookMs = world.clock.monotonicMs() - startMs;
    if (resumed < sockets) throw new Error(`only ${resumed} of ${sockets} TLS sessions were resumed`);
    context.log(`${BEATS_PER_SECOND} beats/s on ${sockets} TLS sockets: ${coreShare.toFixed(1)} % of a core`);
    await order({ do: 'end' });
    return [
      row({ metric: '10 000 speakers’ beats over TLS WebSockets (500/s)', value: coreShare, unit: '% of a core', target: 50, n: sockets }),
      row({ metric: 'CPU for a first connection', value: firstMs, unit: 'ms', n: sockets }),
      row({ metric: 'CPU for a resumed connection', value: againMs, unit: 'ms', n: sockets }),
      row({ metric: `${sockets} speakers back after a cut`, value: tookMs, unit: 'ms', n: sockets }),
    ];
  } finally {
    if (clients.connected) clients.disconnect();
    await world.close();
  }
}
