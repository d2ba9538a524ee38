import type { BenchFleet } from './bench-commune.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import { play, type Stage } from './commune-stage.ts';
import type { PacketFates } from './outage-watch.ts';

export const BAD_NETWORK = '4g-bad';
/** An office plays "in a moment"; how exactly is measured elsewhere. */
const LEAD_MS = 3000;
/** Both edges of what is measured lie inside the broadcast. */
const EDGE_MS = 500;

/** What is heard of 5 % loss in bursts when there is a second to repair it. A speaker that stays silent has lost everything. */
export async function lossRepairRows({ context, town, scale, long }: Stage, fleet: BenchFleet): Promise<BenchRow[]> {
  const { clock, commune, speakers } = town;
  const startsAtMs = Math.round(clock.nowMs()) + LEAD_MS;
  const broadcastId = await play(town, long, 'normal', { startsAtMs, repeat: scale.repairRepeats });
  await clock.sleep(startsAtMs + EDGE_MS - clock.nowMs());
  await fleet.reset();
  await fleet.watch();
  await clock.sleep(startsAtMs + scale.repairRepeats * long.durationMs - EDGE_MS - clock.nowMs());
  const { report, outages } = await fleet.report();
  await commune.broadcastOver(broadcastId);
  if (!outages) throw new Error('outages were not watched');
  const { outside, during, mute } = outages;
  const { sound } = report;
  const notHeardMs = sound.concealedMs + sound.mutedMs;
  const outsideShare = (notHeardMs - sound.inOutageMs + outside.silentMs) / outside.dueMs;
  const wholeShare = (notHeardMs + outside.silentMs + during.silentMs) / (outside.dueMs + during.dueMs);
  const [lostOutside, lostWhole] = [lostAtFirst(outside), lostAtFirst(sum(outside, during))];
  context.log(
    `${BAD_NETWORK}: ${percent(lostOutside)} of packets lost at first outside outages, ${percent(lostWhole)} with them; not heard as sent ${percent(outsideShare)} ` +
      `outside outages, ${percent(wholeShare)} with them; ${mute} of ${speakers} speakers never sounded; FEC ${(sound.fecMs / 1000).toFixed(1)} s of ${(sound.playedMs / 1000).toFixed(0)} s`,
  );
  const common = { name: 'loss repair', unit: '%', profile: BAD_NETWORK };
  const seconds = { outside: Math.round(outside.dueMs / 1000), whole: Math.round((outside.dueMs + during.dueMs) / 1000) };
  return [
    benchRow({
      ...common,
      metric: 'concealed, muted or silent outside outages, of the seconds due there',
      value: 100 * outsideShare,
      target: 0.1,
      peer: `unrepaired, outside outages: ${percent(lostOutside)}`,
      ratio: lostOutside > 0 ? outsideShare / lostOutside : null,
      n: seconds.outside,
    }),
    benchRow({
      ...common,
      metric: 'concealed, muted or silent, of all seconds due',
      value: 100 * wholeShare,
      peer: `unrepaired: ${percent(lostWhole)}`,
      ratio: lostWhole > 0 ? wholeShare / lostWhole : null,
      n: seconds.whole,
    }),
    benchRow({ ...common, metric: 'packets lost at first, outside outages', value: 100 * lostOutside, n: outside.received + outside.lost }),
    benchRow({ ...common, metric: 'speakers that never sounded', value: mute, unit: '', target: 0, n: speakers }),
  ];
}

function lostAtFirst({ received, repaired, lost }: PacketFates): number {
  return (repaired + lost) / Math.max(1, received + lost);
}

function sum(a: PacketFates, b: PacketFates): PacketFates {
  return { received: a.received + b.received, repaired: a.repaired + b.repaired, lost: a.lost + b.lost };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`;
}
