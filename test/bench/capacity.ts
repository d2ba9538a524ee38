import type { BenchContext, BenchRow } from './bench-row.ts';
import { ON_TIME_MS, PAYLOAD_BYTES, startField } from './fan-out-field.ts';

const ENOUGH_PERCENT = 99.9;
const LIVE_MS = 20;
const RECORDED_MS = 120;

/**
 * How many speakers one media worker on this machine carries. The speakers' sockets share its cores, so that the upper end of the
 * curve is the machine's, not the server's: the server's own processor time stands beside each point.
 */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  if (context.quick) return [];
  const rows: BenchRow[] = [];
  for (const speakers of [250, 500, 1000, 2000]) {
    const field = await startField(speakers);
    try {
      for (const [what, packetMs] of [
        ['recorded', RECORDED_MS],
        ['live', LIVE_MS],
      ] as const) {
        const run = await field.run({ packetMs, payloadBytes: (PAYLOAD_BYTES * packetMs) / LIVE_MS, seconds: 6 });
        const onTimePercent = 100 * run.onTime;
        context.log(
          `${speakers} speakers, ${what}: ${onTimePercent.toFixed(2)} % on time, server ${run.corePercent.toFixed(1)} % of a core`,
        );
        const shared = { name: 'capacity', peer: null, ratio: null, n: speakers, profile: null };
        rows.push(
          {
            ...shared,
            metric: `${what} (${packetMs} ms packets): within ${ON_TIME_MS} ms at the socket`,
            value: onTimePercent,
            unit: '%',
            target: ENOUGH_PERCENT,
            pass: onTimePercent >= ENOUGH_PERCENT,
          },
          { ...shared, metric: `${what}: server CPU`, value: run.corePercent, unit: '% of a core', target: null, pass: null },
        );
      }
    } finally {
      await field.close();
    }
  }
  return rows;
}
