import { WebSocket } from 'ws';
import { type LiveMessage, liveMessage } from '../../controller/protocol/live-feed.ts';
import type { ControlSocket } from '../../controller/speakers/index.ts';
import { startTestHttpApp } from '../support/http-app.ts';
import { stopTestServer } from '../support/postgres.ts';
import { validHello } from '../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../support/speaker-world.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';

const BEAT_MS = 1000;
const BEATS_MISSED = 3;
const LIMIT_MS = 10_000;
const SOCKET: ControlSocket = { bufferedAmount: 0, send() {}, ping() {}, close() {}, terminate() {} };

/** How soon a console page knows that a speaker has gone silent: at its own end of the live feed, over TLS and with a session. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const speakers = context.quick ? 50 : 200;
  const world = await startSpeakerWorld({ inService: speakers, clusters: 0, beatPeriodMs: BEAT_MS });
  const http = await startTestHttpApp({ events: world.events });
  let page: WebSocket | undefined;
  try {
    const { port } = await http.app.start({ host: '127.0.0.1', port: 0 });
    page = new WebSocket(`wss://127.0.0.1:${port}/api/live`, {
      ca: http.authority.caPem(),
      headers: { cookie: await http.cookieOf('viewer'), origin: `https://127.0.0.1:${port}` },
    });
    const seen = new Seen(world, page);
    await seen.snapshot();
    const dueMs = await fallSilent(world, speakers);
    for (let waitedMs = 0; seen.faultAtMs.size < speakers && waitedMs < LIMIT_MS; waitedMs += 50) await world.clock.sleep(50);
    if (seen.faultAtMs.size < speakers) throw new Error(`only ${seen.faultAtMs.size} of ${speakers} silent speakers were noticed`);
    const slowest = (atMs: ReadonlyMap<string, number>): number =>
      Math.max(...[...dueMs].map(([speakerId, due]) => (atMs.get(speakerId) ?? Number.POSITIVE_INFINITY) - due));
    await world.clock.sleep(1000);
    const [faultMs, stateMs] = [slowest(seen.faultAtMs), slowest(seen.offlineAtMs)];
    context.log(
      `silence: the page has the fault ${faultMs.toFixed(0)} ms after the third missed beat at the latest, the state after ${stateMs.toFixed(0)} ms`,
    );
    const common = { name: 'silence noticed', target: 1000, n: speakers };
    return [
      benchRow({ ...common, metric: 'fault in the console’s live feed after the third missed beat, slowest', value: faultMs }),
      benchRow({ ...common, metric: 'offline in the console’s list after the third missed beat, slowest', value: stateMs }),
    ];
  } finally {
    page?.terminate();
    await http.close();
    await world.close();
    await stopTestServer();
  }
}

/** Speakers that say hello one after the other and then nothing: the instants at which each has missed its third beat. */
async function fallSilent(world: SpeakerWorld, speakers: number): Promise<Map<string, number>> {
  const dueMs = new Map<string, number>();
  for (let index = 1; index <= speakers; index++) {
    const speakerId = `SPK-${index}`;
    const connection = world.speakers.converse(speakerId, SOCKET, { ip: '127.0.0.1' });
    connection.receive(JSON.stringify({ v: 1, seq: 1, ...validHello(speakerId) }), false);
    dueMs.set(speakerId, world.clock.nowMs() + BEATS_MISSED * BEAT_MS);
    await world.clock.sleep(1000 / speakers);
  }
  return dueMs;
}

/** What the page has been told, and when. */
class Seen {
  readonly faultAtMs = new Map<string, number>();
  readonly offlineAtMs = new Map<string, number>();
  #snapshot = Promise.withResolvers<void>();

  constructor({ clock }: SpeakerWorld, page: WebSocket) {
    page.on('error', (error) => this.#snapshot.reject(error));
    page.on('message', (data) => this.#note(liveMessage.parse(JSON.parse(String(data))), clock.nowMs()));
  }

  snapshot(): Promise<void> {
    return this.#snapshot.promise;
  }

  #note(message: LiveMessage, nowMs: number): void {
    if (message.type === 'snapshot') this.#snapshot.resolve();
    if (message.type === 'fault' && message.code === 'offline' && message.state === 'raised') this.faultAtMs.set(message.speakerId, nowMs);
    if (message.type !== 'speakers') return;
    for (const { speakerId, rung } of message.speakers)
      if (rung === 'offline' && !this.offlineAtMs.has(speakerId)) this.offlineAtMs.set(speakerId, nowMs);
  }
}
