import { SystemClock } from '../../controller/clock.ts';
import { NICENESS, prefer } from '../../controller/processes/priority.ts';
import { createFleet, type Fleet } from '../../speaker-firmware-sim/fleet.ts';
import { membersFromClaims, membersFromIdentities } from '../../speaker-firmware-sim/members.ts';
import type { ProfileName } from '../../speaker-firmware-sim/network/profiles.ts';
import type { FleetReport } from '../../speaker-firmware-sim/report/fleet-report.ts';
import type { FirstSound } from '../../speaker-firmware-sim/report/speaker-measurements.ts';
import { type OutageSplit, OutageWatch } from './outage-watch.ts';

/** Nothing passes on the link; the firmware hangs, its socket stays open; no power. */
export type Disturbance = 'cut' | 'hang' | 'power';

/** Every n-th pole, from that one on. */
export interface Poles {
  everyNth: number;
  from: number;
}

/** The commune's speakers in a process of their own: their decoding must not delay the bench's clock, nor the controller's. */
export type ToFleet =
  | { do: 'start'; claims: string; identityDirectory: string; network: ProfileName; listen: [speakerId: string, file: string][] }
  | { do: 'reset' }
  | { do: 'report' }
  /** From now on every speaker should sound; ends with the next report. */
  | { do: 'watch' }
  /** The link of every speaker becomes another. */
  | { do: 'network'; network: ProfileName }
  /** Something happens to poles, and is over after so long. */
  | { do: 'disturb'; what: Disturbance; poles: Poles; forMs: number }
  /** All sound now, fall silent, and sound again: when each of them does, or is connected again; those that never do are left out. */
  | { do: 'come back'; limitMs: number }
  /** Power off and on, all at once. */
  | { do: 'restart' }
  | { do: 'close' };

export type FromFleet =
  | { done: 'start'; tookMs: number }
  | { done: 'reset' }
  | { done: 'report'; report: Omit<FleetReport, 'perSpeaker'>; outages: OutageSplit | null }
  | { done: 'watch' }
  | { done: 'network' }
  | { done: 'disturb' }
  | { done: 'come back'; connectedMs: number[]; soundsMs: number[] }
  | { done: 'restart' }
  | { done: 'close' }
  | { done: 'first sound'; sound: FirstSound }
  | { done: 'failed'; error: string };

/** On a machine of two cores 250 TLS handshakes at once would be measured as the first seconds of everything. */
const RAMP_MS_PER_SPEAKER = 15;
const CONNECT_LIMIT_MS = 40_000;
const COME_BACK_LOOK_MS = 20;

// Poles are machines of their own: what they do takes no processor time from the server, nor does other work there take it from them.
prefer(process.pid, NICENESS.mediaWorker);
const clock = new SystemClock();
clock.start();
let fleet: Fleet | undefined;
let watch: OutageWatch | undefined;
const answer = (message: FromFleet): void => void process.send?.(message);

async function start(order: Extract<ToFleet, { do: 'start' }>): Promise<void> {
  const startedMs = performance.now();
  const hamlets = new Map(membersFromClaims(order.claims).map((member) => [member.speakerId, member]));
  // Enrolled by an earlier fleet of the same run: the claims have been used.
  const enrolled = membersFromIdentities(order.identityDirectory);
  const members = enrolled.length > 0 ? enrolled.map((member) => hamlets.get(member.speakerId) ?? member) : [...hamlets.values()];
  fleet = createFleet({
    members,
    identityDirectory: order.identityDirectory,
    network: order.network,
    // One clock for the fleet and for who cuts its links: a link that is up again by the one must be so by the other.
    clock,
    listen: new Map(order.listen),
    rampMs: members.length * RAMP_MS_PER_SPEAKER,
    log: (level, message) => void (level === 'warn' && process.stderr.write(`   speakers: ${message}\n`)),
  });
  fleet.onFirstSound((sound) => answer({ done: 'first sound', sound }));
  await fleet.start();
  await fleet.untilReceiving(members.length, CONNECT_LIMIT_MS);
  answer({ done: 'start', tookMs: performance.now() - startedMs });
}

async function restart(speakers: Fleet['speakers']): Promise<void> {
  for (const speaker of speakers) speaker.powerOff();
  await Promise.all(speakers.map((speaker) => speaker.powerOn()));
  await fleet?.untilReceiving(speakers.length, CONNECT_LIMIT_MS);
}

/** Milliseconds from now, by pole. */
async function comeBack(speakers: Fleet['speakers'], limitMs: number): Promise<{ connectedMs: number[]; soundsMs: number[] }> {
  const beganMs = clock.nowMs();
  const lost = new Set<Fleet['speakers'][number]>();
  const silent = new Set<Fleet['speakers'][number]>();
  const connectedMs = new Map<Fleet['speakers'][number], number>();
  const soundsMs = new Map<Fleet['speakers'][number], number>();
  while (soundsMs.size < speakers.length && clock.nowMs() - beganMs < limitMs) {
    const nowMs = clock.nowMs();
    for (const speaker of speakers) {
      const sounds = speaker.measurements.sounding(nowMs) !== undefined;
      if (!speaker.connected) lost.add(speaker);
      else if (lost.has(speaker) && !connectedMs.has(speaker)) connectedMs.set(speaker, nowMs - beganMs);
      if (!sounds) silent.add(speaker);
      else if (silent.has(speaker) && lost.has(speaker) && !soundsMs.has(speaker)) soundsMs.set(speaker, nowMs - beganMs);
    }
    await clock.sleep(COME_BACK_LOOK_MS);
  }
  return { connectedMs: [...connectedMs.values()], soundsMs: [...soundsMs.values()] };
}

async function disturb(all: Fleet['speakers'], { what, poles, forMs }: Extract<ToFleet, { do: 'disturb' }>): Promise<void> {
  const speakers = all.filter((_, index) => index % poles.everyNth === poles.from % poles.everyNth);
  for (const speaker of speakers)
    if (what === 'cut') speaker.link.cut(clock.nowMs());
    else if (what === 'hang') speaker.setStuck('everything');
    else speaker.powerOff();
  await clock.sleep(forMs);
  for (const speaker of speakers)
    if (what === 'cut') speaker.link.restore(clock.nowMs());
    else if (what === 'hang') speaker.setStuck('no');
    else await speaker.powerOn();
}

async function obey(order: ToFleet): Promise<void> {
  if (order.do === 'start') return await start(order);
  if (!fleet) throw new Error(`${order.do} before start`);
  if (order.do === 'reset') {
    fleet.resetMeasurements();
    answer({ done: 'reset' });
  } else if (order.do === 'report') {
    const { perSpeaker: _, ...report } = fleet.report();
    answer({ done: 'report', report, outages: watch?.end() ?? null });
    watch = undefined;
  } else if (order.do === 'watch') {
    watch = new OutageWatch(fleet.speakers, clock);
    answer({ done: 'watch' });
  } else if (order.do === 'network') {
    for (const { link } of fleet.speakers) link.setProfile(order.network);
    answer({ done: 'network' });
  } else if (order.do === 'disturb') {
    await disturb(fleet.speakers, order);
    answer({ done: 'disturb' });
  } else if (order.do === 'come back') {
    answer({ done: 'come back', ...(await comeBack(fleet.speakers, order.limitMs)) });
  } else if (order.do === 'restart') {
    await restart(fleet.speakers);
    answer({ done: 'restart' });
  } else {
    await fleet.close();
    clock.close();
    answer({ done: 'close' });
    process.disconnect();
  }
}

process.on('message', (order: ToFleet) => {
  obey(order).catch((error: unknown) => answer({ done: 'failed', error: error instanceof Error ? (error.stack ?? '') : String(error) }));
});
// The bench is gone, however it ended.
process.on('disconnect', () => process.exit(0));
