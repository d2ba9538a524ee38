import { connect } from 'node:net';
import { startLiveStation } from '../support/live-station.ts';
import { BenchCommune, type BenchFleet } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { BREATH_MS, play, recording } from './commune-stage.ts';
import { percentile } from './percentile.ts';

const SENTENCE = 'Bản tin này đủ dài để có thứ bị ngắt giữa chừng, và vẫn phải đi hết đến tai bà con. ';
/** Times of the bulletin that outlast any recovery; the broadcast is stopped by hand. */
const LONG = 10;
const RELAY_MS = 600_000;
/** Sound before the kill, so that there is a checkpoint. */
const ON_AIR_MS = 5000;
const HEARS_AGAIN_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 10;

const FULL = { hamlets: 12, clustersPerHamlet: 5, rounds: 4, settleMs: 10_000 };
const QUICK = { hamlets: 2, clustersPerHamlet: 3, rounds: 1, settleMs: 3000 };

interface Round {
  /** From the kill, as all that follows. */
  portOpenMs: number;
  answersMs: number;
  /** By pole. */
  connectedMs: number[];
  soundsMs: number[];
}

/** How long after a kill of the controller, which is started again at once, everything is back: its port for the speakers, its answers, the sound of every horn. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const scale = { ...(context.quick ? QUICK : FULL), ...(context.rounds === undefined ? {} : { rounds: context.rounds }) };
  const town = new BenchCommune(context, { ...scale, environment: { LOA_XA_RELAY_NETWORKS: '127.0.0.0/8' } });
  const station = await startLiveStation(town.clock);
  try {
    await town.start();
    const bulletin = await recording(town, 'Bản tin', SENTENCE.repeat(3));
    const fleet = await town.startFleet('lan', { settleMs: scale.settleMs });
    const rounds: Round[] = [];
    const relays: Round[] = [];
    for (let number = 1; number <= 2 * scale.rounds; number++) {
      const isRelay = number > scale.rounds;
      const round = await killed(town, fleet, () =>
        isRelay ? relay(town, station.url) : play(town, bulletin, 'normal', { repeat: LONG }),
      );
      (isRelay ? relays : rounds).push(round);
      context.log(
        `kill ${number}${isRelay ? ', of a relay' : ''}: port for speakers open after ${round.portOpenMs.toFixed(0)} ms, answers after ${round.answersMs.toFixed(0)} ms, ` +
          `connected after ${range(round.connectedMs)}, ${round.soundsMs.length} of ${town.speakers} horns sound after ${range(round.soundsMs)}`,
      );
    }
    return [...rows(rounds, town.speakers), ...relayRows(relays, town.speakers)];
  } finally {
    await station.close();
    await town.close();
  }
}

async function killed(town: BenchCommune, fleet: BenchFleet, begin: () => Promise<string>): Promise<Round> {
  const { clock, commune, speakers } = town;
  const started = fleet.firstSounds();
  const broadcastId = await begin();
  await started.take(speakers, clock.nowMs(), HEARS_AGAIN_WITHIN_MS);
  await clock.sleep(ON_AIR_MS);
  const back = fleet.comeBack(HEARS_AGAIN_WITHIN_MS);
  const killedAtMs = clock.nowMs();
  await commune.killController();
  const sinceKillMs = (): number => clock.nowMs() - killedAtMs;
  const [portOpenMs, answersMs, { connectedMs, soundsMs }] = await Promise.all([
    portOpen(town).then(sinceKillMs),
    commune.startController().then(sinceKillMs),
    back,
  ]);
  await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
  await commune.broadcastOver(broadcastId);
  await clock.sleep(BREATH_MS);
  return { portOpenMs, answersMs, connectedMs, soundsMs };
}

function relay({ commune }: BenchCommune, url: string): Promise<string> {
  return commune.api.startBroadcast({ class: 'relay', content: { kind: 'relay', url, durationMs: RELAY_MS } });
}

function range(figuresMs: readonly number[]): string {
  return figuresMs.length === 0 ? 'never' : `${Math.min(...figuresMs).toFixed(0)} to ${Math.max(...figuresMs).toFixed(0)} ms`;
}

async function portOpen({ clock, commune }: BenchCommune): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: 'localhost', port: commune.speakerPort });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

function rows(rounds: readonly Round[], speakers: number): BenchRow[] {
  const sounds = rounds.flatMap(({ soundsMs }) => soundsMs);
  const common = { name: 'restart', profile: 'lan' };
  const longest = (figures: readonly number[]): number => Math.max(0, ...figures);
  return [
    benchRow({
      ...common,
      n: rounds.length,
      metric: 'kill to the open port for speakers, longest',
      value: longest(rounds.map((round) => round.portOpenMs)),
    }),
    benchRow({
      ...common,
      n: rounds.length,
      metric: 'kill to the first answer, longest',
      value: longest(rounds.map((round) => round.answersMs)),
    }),
    benchRow({
      ...common,
      n: sounds.length,
      metric: 'kill to the last pole’s connection',
      value: longest(rounds.flatMap((round) => round.connectedMs)),
    }),
    benchRow({ ...common, n: sounds.length, metric: 'kill to sound again, p50', value: percentile(sounds, 0.5) }),
    benchRow({ ...common, n: sounds.length, metric: 'kill to sound again, last horn', value: longest(sounds), target: 3000 }),
    benchRow({
      ...common,
      n: rounds.length * speakers,
      metric: 'horns that stayed silent',
      value: rounds.length * speakers - sounds.length,
      unit: 'poles',
      target: 0,
    }),
  ];
}

function relayRows(rounds: readonly Round[], speakers: number): BenchRow[] {
  const sounds = rounds.flatMap(({ soundsMs }) => soundsMs);
  const common = { name: 'restart', profile: 'lan' };
  const n = rounds.length * speakers;
  return [
    benchRow({ ...common, n: sounds.length, metric: 'kill to a relay’s sound again, p50', value: percentile(sounds, 0.5) }),
    benchRow({
      ...common,
      n: sounds.length,
      metric: 'kill to a relay’s sound again, last horn',
      value: Math.max(0, ...sounds),
      target: 3000,
    }),
    benchRow({ ...common, n, metric: 'horns that stayed silent after a relay', value: n - sounds.length, unit: 'poles', target: 0 }),
  ];
}
