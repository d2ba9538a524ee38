import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { type Field, ON_TIME_MS, PAYLOAD_BYTES, startField } from './fan-out-field.ts';

const ENOUGH_PERCENT = 99.9;
const SHORTEST_MS = 20;
const RECORDED_MS = 120;

/**
 * How many speakers the media workers of this machine carry, one for each core as in the product. The speakers' sockets share its cores, so that the
 * upper end of the curve is the machine's, not the server's: the processor time of both stands beside each point. Live packets are first as short as
 * they can be, then as long as the server wants them for so many speakers.
 */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  if (context.quick) return [];
  const rows: BenchRow[] = [];
  for (const speakers of [250, 500, 1000, 2000]) {
    let field: Field | undefined;
    try {
      field = await startField(speakers);
      rows.push(...(await measure(context, field, speakers, 'recorded', RECORDED_MS)).rows);
      const live = await measure(context, field, speakers, 'live', SHORTEST_MS);
      rows.push(...live.rows);
      if (live.livePacketMs > SHORTEST_MS)
        rows.push(...(await measure(context, field, speakers, 'live as chosen', live.livePacketMs)).rows);
    } catch (error) {
      context.log(`${speakers} speakers: ended before its time: ${error instanceof Error ? error.message : String(error)}`);
      rows.push(benchRow({ name: 'capacity', metric: 'runs that ended before their time', value: 1, unit: '', n: speakers, target: 0 }));
    } finally {
      await field?.close();
    }
  }
  return rows;
}

async function measure(
  context: BenchContext,
  field: Field,
  speakers: number,
  what: string,
  packetMs: number,
): Promise<{ rows: BenchRow[]; livePacketMs: number }> {
  const run = await field.run({ packetMs, payloadBytes: (PAYLOAD_BYTES * packetMs) / SHORTEST_MS, seconds: 6 });
  const onTimePercent = 100 * run.onTime;
  const kind = `${what} (${packetMs} ms packets)`;
  context.log(
    `${speakers} speakers, ${kind}: ${onTimePercent.toFixed(2)} % on time, server ${Number.isFinite(run.corePercent) ? run.corePercent.toFixed(1) : '?'} % of a core, ` +
      `sockets ${run.socketsCorePercent.toFixed(1)} %${run.workerDeaths > 0 ? `, media workers killed: ${run.workerDeaths}` : ''}`,
  );
  const shared = { name: 'capacity', n: speakers };
  const rows = [
    benchRow({
      ...shared,
      metric: `${kind}: within ${ON_TIME_MS} ms at the socket`,
      value: onTimePercent,
      unit: '%',
      target: ENOUGH_PERCENT,
      atLeast: true,
    }),
    benchRow({ ...shared, metric: `${kind}: media workers killed`, value: run.workerDeaths, unit: '', target: 0 }),
  ];
  if (Number.isFinite(run.corePercent)) {
    rows.push(benchRow({ ...shared, metric: `${kind}: server CPU`, value: run.corePercent, unit: '% of a core' }));
  }
  return { rows, livePacketMs: run.livePacketMs };
}
