import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { BenchFleet } from './bench-commune.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import { BREATH_MS, NO_SOUND_MS, play, type Recording, type Stage, soundedAfterMs } from './commune-stage.ts';
import { percentile } from './percentile.ts';

/** Speakers of the real world have a processor of their own. */
const MACHINE_STALL_MS = 50;

/** An emergency on the standing channel. */
export function emergencyRows(stage: Stage, fleet: BenchFleet, profile: string, targetMs: number): Promise<BenchRow[]> {
  const { warning: recording, scale } = stage;
  return pressed(stage, fleet, {
    name: 'emergency latency',
    broadcastClass: 'emergency',
    recording,
    rounds: scale.emergencies,
    profile,
    targetMs,
  });
}

/** "Play now": a channel has to be opened and every speaker put on it first. */
export function playNowRows(stage: Stage, fleet: BenchFleet, profile: string): Promise<BenchRow[]> {
  const { short: recording, scale } = stage;
  return pressed(stage, fleet, { name: 'start latency', broadcastClass: 'normal', recording, rounds: scale.playNows, profile });
}

interface Button {
  name: string;
  broadcastClass: BroadcastClass;
  recording: Recording;
  rounds: number;
  profile: string;
  targetMs?: number;
}

/** From the instant before the call is sent to each speaker's first sounding sample. */
async function pressed({ context, town }: Stage, fleet: BenchFleet, button: Button): Promise<BenchRow[]> {
  const { name, rounds, profile, targetMs = null } = button;
  const { commune, clock, speakers } = town;
  const latenciesMs: number[] = [];
  await fleet.reset();
  for (let round = 1; round <= rounds; round++) {
    const sounds = fleet.firstSounds();
    const buttonAtMs = clock.nowMs();
    const broadcastId = await play(town, button.recording, button.broadcastClass);
    const answeredMs = clock.nowMs() - buttonAtMs;
    const own = soundedAfterMs(await sounds.take(speakers, buttonAtMs, NO_SOUND_MS), speakers, buttonAtMs);
    latenciesMs.push(...own);
    context.log(
      `${profile}: ${name} ${round}: answer after ${answeredMs.toFixed(0)} ms; sounds after p50 ${percentile(own, 0.5).toFixed(0)}, ` +
        `p99 ${percentile(own, 0.99).toFixed(0)}, last ${Math.max(...own).toFixed(0)} ms`,
    );
    // Where a speaker stayed silent until the limit, it is over already.
    await commune.api.call('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    await commune.broadcastOver(broadcastId);
    await clock.sleep(BREATH_MS);
  }
  const { packets, hostStalls } = (await fleet.report()).report;
  if (hostStalls.longestMs > MACHINE_STALL_MS && packets.late > 0) {
    context.log(
      `${profile}: ${name}: the simulated speakers stood still for up to ${hostStalls.longestMs.toFixed(0)} ms on this machine; ` +
        `${packets.late} of ${packets.received} packets came too late: these figures are the machine's more than the system's`,
    );
  }
  const common = { name, n: latenciesMs.length, profile };
  const metric = `button to first sound, ${rounds} starts`;
  return [
    benchRow({ ...common, metric: `${metric}, p50`, value: percentile(latenciesMs, 0.5) }),
    benchRow({ ...common, metric: `${metric}, p99`, value: percentile(latenciesMs, 0.99), target: targetMs }),
    benchRow({ ...common, metric: `${metric}, last of all`, value: Math.max(...latenciesMs) }),
  ];
}
