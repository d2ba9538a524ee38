import type { BroadcastList, ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import { createRandom, type Random } from '../../speaker-firmware-sim/random.ts';
import { BenchCommune, type BenchFleet } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { BREATH_MS, NO_SOUND_MS, play, type Recording, recording, soundedAfterMs } from './commune-stage.ts';
import type { Poles } from './fleet-process.ts';
import { percentile } from './percentile.ts';

/** What stands still for a moment, as the field and a small server know it. */
const PARTS = ['controller', 'media workers', 'network', 'speakers', 'some links', 'some speakers', 'power of some speakers'] as const;
type Part = (typeof PARTS)[number];
const ALL: Poles = { everyNth: 1, from: 0 };
/** "Some" is one pole in so many: other ones in each round. */
const ONE_IN = 8;
const STALLS_MS = [200, 500, 1000, 3000];
/** Around the button: before it, under the attention signal, and in the message. */
const MOMENTS_MS = { from: -500, to: 7000 };
const MESSAGE = 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.';
const ATTENTION_MS = 4000;
/** From the end of the message to the last make-up pass heard. */
const MADE_UP_LIMIT_MS = 60_000;
/** The simulated speakers stood still by themselves: what they missed then is the machine's doing. */
const STARVED_MS = 100;

const FULL = { hamlets: 25, clustersPerHamlet: 10, rounds: 28, settleMs: 25_000 };
const QUICK = { hamlets: 3, clustersPerHamlet: 10, rounds: 1, settleMs: 3000 };

interface Round {
  part: Part;
  stallMs: number;
  /** Poles that heard the message whole, make-up passes included; those for which one was needed. */
  whole: number;
  madeUp: number;
  /** Poles that were given it again although they had heard it. */
  doubled: number;
  firstSoundsMs: number[];
  /** From the button to the last pole's last word. */
  lastWordMs: number;
  isStarved: boolean;
}

/**
 * Whether an emergency is heard whole on every pole while a part of the system stands still for up to three seconds at a random moment around the button. `--rounds N` for more
 * than twenty-eight, `--busy` for a machine that has other work.
 */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const scale = { ...(context.quick ? QUICK : FULL), ...(context.rounds === undefined ? {} : { rounds: context.rounds }) };
  const town = new BenchCommune(context, scale);
  try {
    await town.start();
    await town.commune.api.expect('PUT', '/api/settings/emergency', { attentionSignal: 'two_tone', attentionMs: ATTENTION_MS });
    const message = await recording(town, 'Khẩn cấp', MESSAGE, 'emergency');
    const fleet = await town.startFleet('lan', { settleMs: scale.settleMs });
    return await measured(context, town, fleet, message, scale.rounds);
  } catch (error) {
    for (const line of town.commune.log.slice(-15)) context.log(line);
    throw error;
  } finally {
    await town.close();
  }
}

async function measured(
  context: BenchContext,
  town: BenchCommune,
  fleet: BenchFleet,
  message: Recording,
  count: number,
): Promise<BenchRow[]> {
  const profile = 'lan';
  const random = createRandom('reach');
  const rounds: Round[] = [];
  for (let number = 0; number < count; number++) {
    const part = PARTS[number % PARTS.length] as Part;
    const stallMs = STALLS_MS[Math.floor(number / PARTS.length) % STALLS_MS.length] as number;
    const momentMs = between(random, MOMENTS_MS.from, MOMENTS_MS.to);
    const round = await oneRound(town, fleet, message, { part, stallMs, momentMs, some: { everyNth: ONE_IN, from: number } });
    rounds.push(round);
    context.log(
      `${profile}: round ${number + 1}: ${part} for ${stallMs} ms: whole on ${round.whole} of ${town.speakers}, ${round.madeUp} of them by a make-up pass, ` +
        `last word after ${(round.lastWordMs / 1000).toFixed(1)} s${round.isStarved ? '; the simulator was starved' : ''}`,
    );
  }
  const fair = rounds.filter((round) => !round.isStarved);
  const name = 'emergency under load';
  const poles = fair.length * town.speakers;
  const common = { name, profile, n: poles };
  const sum = (figure: (round: Round) => number): number => fair.reduce((total, round) => total + figure(round), 0);
  const starts = fair.flatMap((round) => round.firstSoundsMs);
  const share = (part: number): number => (poles > 0 ? (100 * part) / poles : 0);
  return [
    benchRow({
      ...common,
      metric: `poles that heard all of it, ${fair.length} stalls`,
      value: share(sum(({ whole }) => whole)),
      unit: '%',
      target: 100,
      atLeast: true,
    }),
    benchRow({ ...common, metric: 'of them by a make-up pass', value: share(sum(({ madeUp }) => madeUp)), unit: '%' }),
    benchRow({
      ...common,
      metric: 'given again to poles that had heard it',
      value: sum(({ doubled }) => doubled),
      unit: 'poles',
      target: 0,
    }),
    benchRow({ ...common, metric: 'button to first sound, p50', value: percentile(starts, 0.5) }),
    benchRow({
      ...common,
      metric: 'button to the last pole’s last word, longest',
      value: Math.max(0, ...fair.map(({ lastWordMs }) => lastWordMs)),
    }),
    benchRow({
      name,
      profile,
      n: rounds.length,
      metric: 'rounds left out: the simulator itself was starved',
      value: rounds.length - fair.length,
      unit: 'rounds',
    }),
  ];
}

async function oneRound(
  town: BenchCommune,
  fleet: BenchFleet,
  message: Recording,
  { part, stallMs, momentMs, some }: { part: Part; stallMs: number; momentMs: number; some: Poles },
): Promise<Round> {
  const { clock, commune, speakers } = town;
  await fleet.reset();
  const sounds = fleet.firstSounds();
  const stalled = (async () => {
    await clock.sleep(Math.max(0, momentMs));
    await standStill(town, fleet, { part, stallMs, some });
  })();
  if (momentMs < 0) await clock.sleep(-momentMs);
  const buttonAtMs = clock.nowMs();
  const broadcastId = await play(town, message, 'emergency');
  const [first] = await Promise.all([sounds.take(speakers, buttonAtMs, NO_SOUND_MS), stalled]);
  const { report } = await fleet.report();
  await commune.broadcastOver(broadcastId);
  const outcomes = await madeUpOutcomes(town, broadcastId);
  const again = await makeUpsOf(town, broadcastId);
  const whole = outcomes.filter(({ outcome }) => outcome === 'whole');
  const heardAtOnce = new Set(whole.filter(({ madeUp }) => !madeUp).map(({ clusterId }) => clusterId));
  await clock.sleep(BREATH_MS);
  return {
    part,
    stallMs,
    whole: whole.length,
    madeUp: whole.filter(({ madeUp }) => madeUp).length,
    doubled: again.filter((clusterId) => heardAtOnce.has(clusterId)).length,
    firstSoundsMs: soundedAfterMs(first, speakers, buttonAtMs),
    lastWordMs: Math.max(0, ...outcomes.map(({ lastSoundAtMs }) => (lastSoundAtMs ?? buttonAtMs) - buttonAtMs)),
    isStarved: report.hostStalls.longestMs > (part === 'speakers' ? stallMs : 0) + STARVED_MS,
  };
}

async function standStill(
  { clock, commune }: BenchCommune,
  fleet: BenchFleet,
  { part, stallMs, some }: { part: Part; stallMs: number; some: Poles },
): Promise<void> {
  if (part === 'network') return await fleet.disturb('cut', ALL, stallMs);
  if (part === 'some links') return await fleet.disturb('cut', some, stallMs);
  if (part === 'some speakers') return await fleet.disturb('hang', some, stallMs);
  if (part === 'power of some speakers') return await fleet.disturb('power', some, stallMs);
  const pids =
    part === 'controller' ? [commune.controller?.pid ?? 0] : part === 'speakers' ? [fleet.pid] : commune.children(/mediasoup-worker/);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await clock.sleep(stallMs);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

/** When every pole has heard it, or nothing more is to be expected. */
async function madeUpOutcomes({ clock, commune }: BenchCommune, broadcastId: string): Promise<ClusterOutcome[]> {
  const giveUpAtMs = clock.monotonicMs() + MADE_UP_LIMIT_MS;
  for (;;) {
    const { outcomes } = await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`);
    if (outcomes.every(({ outcome }) => outcome === 'whole') || clock.monotonicMs() > giveUpAtMs) return outcomes;
    await clock.sleep(1000);
  }
}

/** The clusters to which it was given again, once for each time. Waits until that is over. */
async function makeUpsOf({ commune }: BenchCommune, broadcastId: string): Promise<string[]> {
  const list = async (view: string): Promise<BroadcastList> => commune.api.expect<BroadcastList>('GET', `/api/broadcasts?view=${view}`);
  for (const broadcast of (await list('active')).broadcasts)
    if (broadcast.makesUpFor === broadcastId) await commune.broadcastOver(broadcast.broadcastId);
  return (await list('history')).broadcasts.filter(({ makesUpFor }) => makesUpFor === broadcastId).flatMap(({ clusterIds }) => clusterIds);
}

function between(random: Random, from: number, to: number): number {
  return from + random.next() * (to - from);
}
