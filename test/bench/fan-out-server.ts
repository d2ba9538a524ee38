import { SystemClock } from '../../controller/clock.ts';
import { createDistributor } from '../../controller/distribution/index.ts';
import { preferThisThread } from '../../controller/processes/priority.ts';
import type { MediaGrant } from '../../controller/protocol/speaker-control.ts';
import { createLogger } from '../../controller/telemetry/logger.ts';

/** The server side of the fan-out bench, in a process of its own so that its processor time is ours alone. */
export type ToServer =
  | { do: 'attach'; speakers: number }
  | { do: 'send'; packetMs: number; payloadBytes: number; packets: number }
  | { do: 'close' };
export type FromServer =
  | { done: 'attach'; grants: Omit<MediaGrant, 'channels'>[]; attachMs: number; joinMs: number; pids: number[] }
  | { done: 'open' }
  | { done: 'send'; workerDeaths: number; livePacketMs: number };

/** One worker, where its own share of a core is asked for; otherwise one for each core, as the product has them. */
const workerCount = process.argv[2] === undefined ? {} : { workerCount: Number(process.argv[2]) };
// As the product's own process does.
await preferThisThread();
const clock = new SystemClock();
clock.start();
const distributor = createDistributor({
  mediaPorts: { min: 30_000, max: 39_999 },
  listen: { ipv4: '127.0.0.1' },
  ...workerCount,
  clock,
  logger: createLogger({ level: 'warn' }),
  onCondition: (condition) => process.stderr.write(`${condition.en}\n`),
});
await distributor.start();
const channel = await distributor.openChannel({ channelId: 'bench', class: 'normal' });
const answer = (message: FromServer): void => void process.send?.(message);

process.on('message', (message: ToServer) => {
  if (message.do === 'attach') void attach(message.speakers);
  else if (message.do === 'send') void send(message);
  else void distributor.close().then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(1));

async function attach(speakers: number): Promise<void> {
  const ids = Array.from({ length: speakers }, (_, i) => `SPK-${i}`);
  const open = new Set<string>();
  distributor.onPathOpen((speakerId) => {
    open.add(speakerId);
    if (open.size === speakers) answer({ done: 'open' });
  });
  const startMs = clock.monotonicMs();
  const grants = await Promise.all(ids.map((id) => distributor.attachSpeaker(id, { families: ['ipv4'] })));
  const attachedMs = clock.monotonicMs();
  await Promise.all(ids.map((id) => channel.addSpeaker(id)));
  const pids = [process.pid, ...(await distributor.stats()).workers.map((worker) => worker.pid)];
  answer({ done: 'attach', grants, attachMs: attachedMs - startMs, joinMs: clock.monotonicMs() - attachedMs, pids });
}

/** The capture instant is the instant of sending: it travels in the clear, and tells the receiver how long the packet took. */
async function send(order: Extract<ToServer, { do: 'send' }>): Promise<void> {
  const deathsBefore = (await distributor.stats()).workerDeaths;
  const payload = Buffer.alloc(order.payloadBytes, 7);
  let sent = 0;
  const sending = clock.every('packets', order.packetMs, () => {
    channel.send({
      payload,
      rtpTimestamp: sent * order.packetMs * 48,
      captureAtMs: performance.timeOrigin + performance.now(),
      marker: sent === 0,
    });
    sent += 1;
    if (sent < order.packets) return;
    sending.cancel();
    void distributor
      .stats()
      .then(({ workerDeaths, livePacketMs }) => answer({ done: 'send', workerDeaths: workerDeaths - deathsBefore, livePacketMs }));
  });
}
