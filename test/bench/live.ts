import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ProfileName } from '../../speaker-firmware-sim/network/profiles.ts';
import { locate, readWav } from '../support/audio-compare.ts';
import { BenchCommune } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { type ClickMicrophone, makeClick, startClickMicrophone } from './click-microphone.ts';
import { percentile } from './percentile.ts';

const SAMPLES_PER_MS = 48;
const CLICK_PERIOD_MS = 900;
/** A click is looked for so long after it was spoken; below the period, so that it can't be mistaken for the next. One not found counts as this late. */
const LONGEST_LATENCY_MS = 850;
/** What the first seconds bring is the start of a stream, measured elsewhere. */
const WARM_UP_MS = 2500;
const LEAST_CORRELATION = 0.5;
const FRAMES_MS = [20, 10] as const;
/** What the console asks the browser for: 10 ms gain little on the way and double the packets that the worker encrypts. */
const CHOSEN_FRAME_MS = 20;

interface Scale {
  hamlets: number;
  clustersPerHamlet: number;
  horns: number;
  speakForMs: number;
  settleMs: number;
  profiles: ProfileName[];
  framesMs: readonly (10 | 20)[];
}

const FULL: Scale = {
  hamlets: 10,
  clustersPerHamlet: 5,
  horns: 5,
  speakForMs: 30_000,
  settleMs: 20_000,
  profiles: ['lan', '4g'],
  framesMs: FRAMES_MS,
};
const QUICK: Scale = {
  hamlets: 2,
  clustersPerHamlet: 3,
  horns: 2,
  speakForMs: 3000,
  settleMs: 0,
  profiles: ['lan'],
  framesMs: [CHOSEN_FRAME_MS],
};

/** A click that can't be found is a syllable that nobody understood; with more of them the p99 would only say "at least". */
const MOST_MISSED_PERCENT = 1;
const TARGETS_MS: Partial<Record<ProfileName, [p50: number, p99: number]>> = { lan: [80, 150], '4g': [250, 400] };

/** Microphone to horn: clicks spoken into a real browser at known instants, found again in what horns played. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const scale = context.quick ? QUICK : FULL;
  const town = new BenchCommune(context, scale);
  let microphone: ClickMicrophone | undefined;
  try {
    await town.start();
    microphone = await startClickMicrophone(town.commune.api);
    const rows: BenchRow[] = [];
    for (const profile of scale.profiles) rows.push(...(await onNetwork({ context, town, microphone, scale }, profile)));
    return rows;
  } finally {
    await microphone?.close();
    await town.close();
  }
}

interface Stage {
  context: BenchContext;
  town: BenchCommune;
  microphone: ClickMicrophone;
  scale: Scale;
}

async function onNetwork(stage: Stage, profile: ProfileName): Promise<BenchRow[]> {
  const { context, town, scale } = stage;
  // One in each of several hamlets: each hamlet has its own delay.
  const horns = Array.from({ length: scale.horns }, (_, index) => `SIM-${String(1 + index * scale.clustersPerHamlet).padStart(4, '0')}`);
  const files = horns.map((horn) => path.join(town.commune.dataDir, `../${horn}-${profile}.wav`));
  const fleet = await town.startFleet(profile, {
    settleMs: scale.settleMs,
    listen: horns.map((horn, index) => [horn, files[index] ?? '']),
  });
  const spoken: { frameMs: 10 | 20; clicksAtMs: number[] }[] = [];
  for (const frameMs of scale.framesMs) spoken.push({ frameMs, clicksAtMs: await speak(stage, frameMs) });
  const { report } = await fleet.report();
  await fleet.close();

  const rows: BenchRow[] = [];
  rows.push(
    liveRow({
      metric: 'concealed while live',
      value: 100 * report.sound.concealedShare,
      unit: '%',
      n: Math.round(report.sound.playedMs / 1000),
      profile,
    }),
  );
  for (const { frameMs, clicksAtMs } of spoken) {
    const found = files.map((file) => latencies(file, clicksAtMs));
    const latenciesMs = found.flatMap((horn) => horn.latenciesMs);
    const missed = found.reduce((sum, horn) => sum + horn.missed, 0);
    // The slowest are just those that weren't found: without them every percentile would flatter.
    const all = [...latenciesMs, ...new Array<number>(missed).fill(LONGEST_LATENCY_MS)];
    const [p50, p99] = [percentile(all, 0.5), percentile(all, 0.99)];
    context.log(
      `${profile}, ${frameMs} ms packets: microphone to horn p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)} ms, ${missed} of ${all.length} clicks not found`,
    );
    const targets = frameMs === CHOSEN_FRAME_MS ? TARGETS_MS[profile] : undefined;
    const common = { n: all.length, profile };
    rows.push(
      liveRow({ ...common, metric: `microphone to horn, ${frameMs} ms packets, p50`, value: p50, target: targets?.[0] ?? null }),
      liveRow({ ...common, metric: `microphone to horn, ${frameMs} ms packets, p99`, value: p99, target: targets?.[1] ?? null }),
      liveRow({
        ...common,
        metric: `clicks not found within ${LONGEST_LATENCY_MS} ms, ${frameMs} ms packets`,
        value: (100 * missed) / all.length,
        unit: '%',
        target: targets ? MOST_MISSED_PERCENT : null,
      }),
    );
  }
  return rows;
}

/** One live broadcast; answers the instants of the clicks that count. */
async function speak({ town, microphone, scale }: Stage, frameMs: 10 | 20): Promise<number[]> {
  const { api } = town.commune;
  const { microphoneId, clicksAtMs } = await microphone.speak({ frameMs, periodMs: CLICK_PERIOD_MS });
  const content = { kind: 'microphone' as const, microphoneId, maxDurationMs: 120_000 };
  const broadcastId = await api.startBroadcast({ title: 'Nói trực tiếp', class: 'live', content });
  const fromMs = town.clock.nowMs() + WARM_UP_MS;
  await town.clock.sleep(WARM_UP_MS + scale.speakForMs);
  const untilMs = town.clock.nowMs() - LONGEST_LATENCY_MS;
  await api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
  await town.commune.broadcastOver(broadcastId);
  await microphone.fallSilent();
  const counting = clicksAtMs.filter((atMs) => atMs >= fromMs && atMs <= untilMs);
  if (counting.length === 0) throw new Error('the browser spoke no click');
  return counting;
}

/** Where the clicks are in a horn's recording, which lies on true time. */
function latencies(file: string, clicksAtMs: readonly number[]): { latenciesMs: number[]; missed: number } {
  const { samples, firstSampleAtMs } = readHorn(file);
  const click = makeClick();
  const latenciesMs: number[] = [];
  for (const atMs of clicksAtMs) {
    const from = Math.round((atMs - firstSampleAtMs) * SAMPLES_PER_MS);
    const heard = samples.subarray(Math.max(0, from), from + LONGEST_LATENCY_MS * SAMPLES_PER_MS);
    if (heard.length < click.length) continue;
    const { offsetSamples, correlation } = locate(heard, click);
    if (correlation >= LEAST_CORRELATION && offsetSamples > 0) latenciesMs.push(offsetSamples / SAMPLES_PER_MS);
  }
  return { latenciesMs, missed: clicksAtMs.length - latenciesMs.length };
}

function readHorn(file: string): { samples: Float32Array; firstSampleAtMs: number } {
  const { firstSampleAtMs } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as { firstSampleAtMs: number };
  return { samples: readWav(file).samples, firstSampleAtMs };
}

function liveRow(measured: Omit<Parameters<typeof benchRow>[0], 'name'>): BenchRow {
  return benchRow({ name: 'live latency', ...measured });
}
