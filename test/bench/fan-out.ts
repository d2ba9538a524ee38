import type { BenchContext, BenchRow } from './bench-row.ts';
import { PAYLOAD_BYTES, startField } from './fan-out-field.ts';
import { measureGstreamer, measureSendLoop, measureSnapserver } from './fan-out-peers.ts';

/** One stream to 250 speakers, each with its own SRTP keys: what it costs the server, and how long a packet takes to the last of them. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const speakers = 250;
  const seconds = context.quick ? 1.2 : 20;
  const peerOptions = { receivers: speakers, seconds, payloadBytes: PAYLOAD_BYTES, tmpDir: context.tmpDir };
  context.log(`peers, ${seconds} s each`);
  const sendLoop = await measureSendLoop(peerOptions);
  const gstreamer = await measureGstreamer(peerOptions);
  const snapserver = await measureSnapserver(peerOptions);
  context.log(
    `percent of a core: sendto loop ${sendLoop.toFixed(1)}, GStreamer ${figureOr(gstreamer, 'gstreamer1.0-tools gstreamer1.0-plugins-good')}, ` +
      `snapserver ${figureOr(snapserver, 'snapserver')}`,
  );

  const field = await startField(speakers, { workers: 1 });
  try {
    context.log(`${speakers} speakers attached in ${field.attachMs.toFixed(0)} ms, on the channel in ${field.joinMs.toFixed(0)} ms`);
    const short = await field.run({ packetMs: 20, payloadBytes: PAYLOAD_BYTES, seconds });
    const long = await field.run({ packetMs: 60, payloadBytes: 3 * PAYLOAD_BYTES, seconds });
    const longest = await field.run({ packetMs: 120, payloadBytes: 6 * PAYLOAD_BYTES, seconds });
    const row = (metric: string, value: number, unit: string, more: Partial<BenchRow> = {}): BenchRow => {
      const target = more.target ?? null;
      return {
        name: 'fan-out',
        metric,
        value,
        unit,
        target,
        pass: target === null ? null : value <= target,
        peer: null,
        ratio: null,
        n: speakers,
        profile: null,
        ...more,
      };
    };
    const beside = (value: number, peer: string, figure: number | undefined): Partial<BenchRow> =>
      figure === undefined ? {} : { peer: `${peer}, unencrypted: ${figure.toFixed(1)} %`, ratio: value / figure };
    const rows = [
      row('server CPU, 20 ms packets, own SRTP keys', short.corePercent, '% of a core', {
        target: 30,
        ...beside(short.corePercent, 'sendto loop', sendLoop),
        ...beside(short.corePercent, 'snapserver', snapserver),
      }),
      row('server CPU, 60 ms packets', long.corePercent, '% of a core', beside(long.corePercent, 'GStreamer multiudpsink', gstreamer)),
      // What a recording goes on air with.
      row('server CPU, recorded (120 ms packets)', longest.corePercent, '% of a core', {
        target: gstreamer ?? null,
        ...beside(longest.corePercent, 'sendto loop', sendLoop),
        ...beside(longest.corePercent, 'GStreamer multiudpsink', gstreamer),
      }),
      row('send to last socket, p50', short.lastSocketMs[0], 'ms', { n: short.packets }),
      row('send to last socket, p99', short.lastSocketMs[1], 'ms', { n: short.packets }),
      row('packets lost in the server', 100 * (1 - short.delivered), '%', { target: 0.1, n: short.packets * speakers }),
      row('250 paths made', field.attachMs, 'ms'),
      row('250 speakers put on a channel', field.joinMs, 'ms'),
    ];
    if (snapserver !== undefined) {
      const ratio = short.corePercent / snapserver;
      rows.splice(
        1,
        0,
        row('server CPU against snapserver', ratio, 'x', { target: 1.2, peer: 'snapserver (Opus over TCP, with its encoder)', ratio }),
      );
    }
    return rows;
  } finally {
    await field.close();
  }
}

function figureOr(figure: number | undefined, packages: string): string {
  return figure === undefined ? `not installed (apt-get install ${packages})` : figure.toFixed(1);
}
