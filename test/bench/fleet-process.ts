import { createFleet, type Fleet } from '../../speaker-firmware-sim/fleet.ts';
import { membersFromClaims, membersFromIdentities } from '../../speaker-firmware-sim/members.ts';
import type { ProfileName } from '../../speaker-firmware-sim/network/profiles.ts';
import type { FleetReport } from '../../speaker-firmware-sim/report/fleet-report.ts';
import type { FirstSound } from '../../speaker-firmware-sim/report/speaker-measurements.ts';

/** The commune's speakers in a process of their own: their decoding must not delay the bench's clock, nor the controller's. */
export type ToFleet =
  | { do: 'start'; claims: string; identityDirectory: string; network: ProfileName; listen: [speakerId: string, file: string][] }
  | { do: 'reset' }
  | { do: 'report' }
  | { do: 'close' };

export type FromFleet =
  | { done: 'start'; tookMs: number }
  | { done: 'reset' }
  | { done: 'report'; report: Omit<FleetReport, 'perSpeaker'>; packets: PacketFates }
  | { done: 'close' }
  | { done: 'first sound'; sound: FirstSound }
  | { done: 'failed'; error: string };

/** Of the channels that are open now, all speakers together. */
export interface PacketFates {
  received: number;
  /** Came only when they were asked for again. */
  repaired: number;
  /** Never came in time. */
  lost: number;
}

/** On a machine of two cores 250 TLS handshakes at once would be measured as the first seconds of everything. */
const RAMP_MS_PER_SPEAKER = 15;
const CONNECT_LIMIT_MS = 40_000;

let fleet: Fleet | undefined;
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
    listen: new Map(order.listen),
    rampMs: members.length * RAMP_MS_PER_SPEAKER,
    log: (level, message) => void (level === 'warn' && process.stderr.write(`   speakers: ${message}\n`)),
  });
  fleet.onFirstSound((sound) => answer({ done: 'first sound', sound }));
  await fleet.start();
  await fleet.untilReceiving(members.length, CONNECT_LIMIT_MS);
  answer({ done: 'start', tookMs: performance.now() - startedMs });
}

function fates(speakers: Fleet['speakers']): PacketFates {
  const sum: PacketFates = { received: 0, repaired: 0, lost: 0 };
  for (const speaker of speakers) {
    for (const { tracker } of speaker.channels.list) {
      for (const key of Object.keys(sum) as (keyof PacketFates)[]) sum[key] += tracker.counts[key];
    }
  }
  return sum;
}

async function obey(order: ToFleet): Promise<void> {
  if (order.do === 'start') return await start(order);
  if (!fleet) throw new Error(`${order.do} before start`);
  if (order.do === 'reset') {
    fleet.resetMeasurements();
    answer({ done: 'reset' });
  } else if (order.do === 'report') {
    const { perSpeaker: _, ...report } = fleet.report();
    answer({ done: 'report', report, packets: fates(fleet.speakers) });
  } else {
    await fleet.close();
    answer({ done: 'close' });
    process.disconnect();
  }
}

process.on('message', (order: ToFleet) => {
  obey(order).catch((error: unknown) => answer({ done: 'failed', error: error instanceof Error ? (error.stack ?? '') : String(error) }));
});
// The bench is gone, however it ended.
process.on('disconnect', () => process.exit(0));
