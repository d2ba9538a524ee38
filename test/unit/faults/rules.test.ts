import { describe, expect, test } from 'vitest';
import { type FaultFact, newWatch, type RuleInput, type SpeakerWatch, type StandingFault, step } from '../../../controller/faults/rules.ts';
import type { FaultCode, SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { QUIET_TELEMETRY } from '../../support/test-speaker.ts';

const START_MS = 1_790_000_000_000;
const BEAT_MS = 20_000;
const WELL: Partial<SpeakerTelemetry> = { packetsReceived: 2 };

/** Feeds a watch and collects what comes out. */
function watching(standing: readonly (FaultCode | StandingFault)[] = []) {
  let watch: SpeakerWatch = newWatch({
    atMs: START_MS,
    beatPeriodMs: BEAT_MS,
    standing: standing.map((fault) => (typeof fault === 'string' ? { code: fault, reported: false } : fault)),
  });
  let nowMs = START_MS;
  const facts: FaultFact[] = [];
  const feed = (input: RuleInput): void => {
    const result = step(watch, input);
    watch = result.watch;
    facts.push(...result.facts);
  };
  const self = {
    facts,
    watch: () => watch,
    said: () => facts.map((fact) => `${fact.code} ${fact.state}`),
    beat(
      telemetry: Partial<SpeakerTelemetry> = {},
      extra: { soundDue?: boolean | null; clockContradictionMs?: number; behindNeighboursMs?: number | null } = {},
    ) {
      nowMs += BEAT_MS;
      feed({
        kind: 'beat',
        atMs: nowMs,
        telemetry: { ...QUIET_TELEMETRY, ...WELL, ...telemetry },
        soundDue: extra.soundDue ?? null,
        clockContradictionMs: extra.clockContradictionMs ?? 0,
        behindNeighboursMs: extra.behindNeighboursMs ?? null,
      });
      return self;
    },
    after(ms: number) {
      nowMs += ms;
      feed({ kind: 'tick', atMs: nowMs });
      return self;
    },
    hello(bootId: string, horns = 2) {
      nowMs += 1000;
      feed({ kind: 'hello', atMs: nowMs, bootId, horns });
      return self;
    },
    report(code: FaultCode, state: 'raised' | 'cleared') {
      feed({ kind: 'reported', atMs: nowMs, code, state, detail: null });
      return self;
    },
  };
  return self;
}

describe('silent while playing ends', () => {
  const silent = () => watching().beat({ outputLevelDb: -120 }, { soundDue: true }).beat({ outputLevelDb: -120 }, { soundDue: true });
  test('with a beat in any bulletin, however short it is', () => {
    expect(silent().beat({ outputLevelDb: -20 }, { soundDue: null }).said()).toEqual([
      'silent_while_playing raised',
      'silent_while_playing cleared',
    ]);
  });
  test('not with silence of which nobody knows whether it should be', () => {
    expect(silent().beat({ outputLevelDb: -120 }, { soundDue: null }).beat({ outputLevelDb: -70 }, { soundDue: true }).said()).toHaveLength(
      1,
    );
  });
  test('with a receipt, where no beat fell into the bulletin', () => {
    const { watch, facts } = step(silent().watch(), { kind: 'sounded', atMs: START_MS + 60_000, levelDb: -22 });
    expect(facts).toMatchObject([{ code: 'silent_while_playing', state: 'cleared', evidence: { receiptLevelDb: -22 } }]);
    expect(step(watch, { kind: 'sounded', atMs: START_MS + 61_000, levelDb: -22 }).facts).toEqual([]);
  });
});

test('what did not come while the controller stood still was not missing', () => {
  const back = START_MS + BEAT_MS + 60_000;
  const before = watching().beat().watch();
  expect(step(before, { kind: 'tick', atMs: back }).facts).toMatchObject([{ code: 'offline', state: 'raised' }]);
  const { watch } = step(before, { kind: 'absent', atMs: back, forMs: 59_000 });
  expect(step(watch, { kind: 'tick', atMs: back }).facts).toEqual([]);
  // Only as long as the standstill was, and nothing in the future.
  expect(step(watch, { kind: 'tick', atMs: back + 59_001 }).facts).toMatchObject([{ code: 'offline', state: 'raised' }]);
  expect(step(before, { kind: 'absent', atMs: back, forMs: 1e9 }).watch.lastHeardMs).toBe(back);
});

test('figures that can’t be are a fault of the sensor, not of the pole', () => {
  const odd = { oddFields: ['amplifierTemperatureC', 'lineImpedanceOhm', 'mains', 'outputLevelDb'] };
  const { amplifierTemperatureC: _, lineImpedanceOhm: __, mains: ___, outputLevelDb: ____, ...rest } = { ...QUIET_TELEMETRY, ...WELL };
  let watch = newWatch({ atMs: START_MS, beatPeriodMs: BEAT_MS, standing: [] });
  const facts: FaultFact[] = [];
  const beat = (telemetry: SpeakerTelemetry, count: number) => {
    const result = step(watch, {
      ...{ kind: 'beat', atMs: START_MS + count * BEAT_MS, telemetry },
      ...{ soundDue: true, clockContradictionMs: 0, behindNeighboursMs: null },
    });
    watch = result.watch;
    facts.push(...result.facts);
  };
  for (let count = 1; count <= 5; count++) beat({ ...rest, ...odd }, count);
  expect(facts).toMatchObject([{ code: 'sensor_failed', state: 'raised', severity: 'warning', evidence: { fields: odd.oddFields } }]);
  for (let count = 6; count <= 9; count++) beat({ ...QUIET_TELEMETRY, ...WELL, outputLevelDb: -20 }, count);
  expect(facts.slice(1)).toMatchObject([{ code: 'sensor_failed', state: 'cleared' }]);
});

describe('silence', () => {
  test('is noticed with the third missed beat, not before, and ends with the next sign of life', () => {
    const speaker = watching().beat();
    expect(speaker.after(3 * BEAT_MS - 1).said()).toEqual([]);
    expect(speaker.after(1).said()).toEqual(['offline raised']);
    expect(speaker.facts[0]).toMatchObject({ severity: 'critical', evidence: { missedBeats: 3, silentMs: 3 * BEAT_MS } });
    expect(speaker.after(500_000).beat().said()).toEqual(['offline raised', 'offline cleared']);
  });

  test('a speaker that never came is offline too', () => {
    expect(watching().after(60_000).said()).toEqual(['offline raised']);
  });

  test('an offline speaker’s other faults stay as they are', () => {
    const speaker = watching().beat({ mains: false }).after(600_000);
    expect(speaker.said()).toEqual(['power_lost raised', 'offline raised']);
  });
});

describe('what heartbeats show', () => {
  test.each<[FaultCode, Partial<SpeakerTelemetry>, Partial<SpeakerTelemetry>, number, number]>([
    ['power_lost', { mains: false }, {}, 1, 2],
    ['amplifier_over_temperature', { amplifierTemperatureC: 90 }, { amplifierTemperatureC: 70 }, 2, 2],
    ['amplifier_failed', { outputLevelDb: -20, amplifierCurrentMa: 2 }, { outputLevelDb: -20, amplifierCurrentMa: 300 }, 2, 1],
    ['line_open', { lineImpedanceOhm: null }, { lineImpedanceOhm: 40 }, 2, 2],
    ['line_short', { lineImpedanceOhm: 1 }, { lineImpedanceOhm: 40 }, 2, 2],
    ['clock_off', { clockErrorMs: 150 }, { clockErrorMs: 2 }, 3, 2],
    ['loss_high', { packetsReceived: 900, packetsLost: 100 }, { packetsReceived: 900, packetsLost: 1 }, 3, 2],
    ['storage_full', { storageFreeMb: 3 }, { storageFreeMb: 900 }, 2, 2],
  ])('%s is raised and cleared after enough beats', (code, bad, good, raiseAfter, clearAfter) => {
    const speaker = watching();
    for (let count = 1; count < raiseAfter; count++) speaker.beat(bad);
    expect(speaker.said()).toEqual([]);
    speaker.beat(bad);
    expect(speaker.said()).toEqual([`${code} raised`]);
    expect(Object.keys(speaker.facts[0]?.evidence ?? {})).not.toHaveLength(0);
    for (let count = 1; count < clearAfter; count++) speaker.beat(good);
    expect(speaker.said()).toEqual([`${code} raised`]);
    speaker.beat(good).beat(good);
    expect(speaker.said()).toEqual([`${code} raised`, `${code} cleared`]);
  });

  test('one bad beat between good ones is no fault', () => {
    const speaker = watching();
    for (let round = 0; round < 10; round++) speaker.beat({ amplifierTemperatureC: 95 }).beat({ amplifierTemperatureC: 40 });
    expect(speaker.said()).toEqual([]);
  });

  test('no current into an open line is the line’s fault alone', () => {
    const speaker = watching();
    const open = { outputLevelDb: -20, amplifierCurrentMa: 1, lineImpedanceOhm: null };
    expect(speaker.beat(open).beat(open).beat(open).said()).toEqual(['line_open raised']);
  });

  test('a device without horns has no line to judge', () => {
    expect(watching().hello('a', 0).beat({ lineImpedanceOhm: null }).beat({ lineImpedanceOhm: null }).said()).toEqual([]);
  });

  test('silent only counts while sound is due', () => {
    const silent = { outputLevelDb: -120 };
    expect(watching().beat(silent).beat(silent).beat(silent, { soundDue: false }).said()).toEqual([]);
    const speaker = watching().beat(silent, { soundDue: true }).beat(silent, { soundDue: true });
    expect(speaker.said()).toEqual(['silent_while_playing raised']);
    speaker.beat(silent, { soundDue: null });
    expect(speaker.beat({ outputLevelDb: -30 }, { soundDue: true }).said()).toEqual([
      'silent_while_playing raised',
      'silent_while_playing cleared',
    ]);
  });

  test('a clock that the controller sees to be wrong counts, whatever the speaker believes', () => {
    const wrong = { clockContradictionMs: -250 };
    expect(watching().beat({}, wrong).beat({}, wrong).beat({}, wrong).said()).toEqual(['clock_off raised']);
  });

  test('a path that is far slower than the neighbours’ is named after three beats, and taken back after three', () => {
    const one = watching();
    const slow = { behindNeighboursMs: 480 };
    one.beat({}, slow).beat({}, slow);
    expect(one.said()).toEqual([]);
    one.beat({}, slow);
    expect(one.facts).toMatchObject([{ code: 'slow_path', state: 'raised', severity: 'info', evidence: { behindNeighboursMs: 480 } }]);
    // Nothing known says nothing either way.
    for (let count = 0; count < 5; count++) one.beat({}, { behindNeighboursMs: null });
    for (let count = 0; count < 3; count++) one.beat({}, { behindNeighboursMs: 0 });
    expect(one.said()).toEqual(['slow_path raised', 'slow_path cleared']);
    // It can't know its neighbours.
    one.report('slow_path', 'raised');
    expect(one.said()).toHaveLength(2);
  });

  test('pilots that stay away: the path is down', () => {
    const speaker = watching().hello('a').beat();
    speaker.beat({ packetsReceived: 0 }).beat({ packetsReceived: 0 });
    expect(speaker.said()).toEqual([]);
    expect(speaker.beat({ packetsReceived: 0 }).said()).toEqual(['media_path_down raised']);
    expect(speaker.beat().said()).toEqual(['media_path_down raised', 'media_path_down cleared']);
  });

  test('a handful of lost pilots is no loss', () => {
    const speaker = watching();
    for (let count = 0; count < 10; count++) speaker.beat({ packetsReceived: 1, packetsLost: 1 });
    expect(speaker.said()).toEqual([]);
  });
});

describe('restarts', () => {
  test('three lives of a device in a quarter of an hour are a fault, until none begins for as long', () => {
    const speaker = watching().hello('a').beat().hello('b').beat();
    expect(speaker.said()).toEqual([]);
    expect(speaker.hello('c').said()).toEqual(['restarting raised']);
    for (let count = 0; count < 44; count++) speaker.beat().after(0);
    expect(speaker.said()).toEqual(['restarting raised']);
    speaker.beat().after(0);
    expect(speaker.said()).toEqual(['restarting raised', 'restarting cleared']);
  });

  test('two lives in turns are two devices with one identity, not three lives', () => {
    const speaker = watching();
    for (let count = 0; count < 10; count++) speaker.hello(count % 2 === 0 ? 'a' : 'b').beat();
    expect(speaker.said()).toEqual([]);
  });

  test('a life that began long ago does not count', () => {
    const speaker = watching().hello('a');
    for (let count = 0; count < 50; count++) speaker.beat();
    expect(speaker.hello('b').beat().hello('c').beat().said()).toEqual([]);
    expect(speaker.hello('d').said()).toEqual(['restarting raised']);
  });

  test('a device that restarts all the time is one fault, and is remembered in bounds', () => {
    const speaker = watching();
    for (let count = 0; count < 500; count++) speaker.hello(`life ${count}`);
    expect(speaker.said()).toEqual(['restarting raised']);
    expect(speaker.watch().boots.length).toBeLessThanOrEqual(20);
  });

  test('coming back without a restart is none', () => {
    const speaker = watching();
    for (let count = 0; count < 10; count++) speaker.hello('same').beat();
    expect(speaker.said()).toEqual([]);
  });
});

describe('what a device reports of itself', () => {
  test('stands until it is taken back, and a little longer', () => {
    const speaker = watching().report('line_short', 'raised').report('line_short', 'raised');
    expect(speaker.said()).toEqual(['line_short raised']);
    speaker.report('line_short', 'cleared').after(4000);
    expect(speaker.said()).toHaveLength(1);
    expect(speaker.after(1000).said()).toEqual(['line_short raised', 'line_short cleared']);
  });

  test('raised and taken back in turns is one fault', () => {
    const speaker = watching();
    for (let count = 0; count < 50; count++)
      speaker.report('amplifier_failed', 'raised').after(100).report('amplifier_failed', 'cleared').after(100);
    expect(speaker.said()).toEqual(['amplifier_failed raised']);
  });

  test('lapses when the device does not repeat it after coming back', () => {
    const speaker = watching().report('amplifier_failed', 'raised').hello('a');
    speaker.beat().beat().after(18_000);
    expect(speaker.said()).toEqual(['amplifier_failed raised']);
    expect(speaker.after(2000).said()).toEqual(['amplifier_failed raised', 'amplifier_failed cleared']);
    const repeated = watching().report('amplifier_failed', 'raised').hello('a').report('amplifier_failed', 'raised');
    repeated.beat().beat().beat().beat().after(0);
    expect(repeated.said()).toEqual(['amplifier_failed raised']);
  });

  test('what the heartbeats still show outlives the device’s word', () => {
    const speaker = watching().report('power_lost', 'raised').beat({ mains: false }).report('power_lost', 'cleared').after(6000);
    expect(speaker.said()).toEqual(['power_lost raised']);
    speaker.beat().beat();
    expect(speaker.said()).toEqual(['power_lost raised', 'power_lost cleared']);
  });

  test('it can’t call itself offline', () => {
    expect(watching().report('offline', 'raised').said()).toEqual([]);
  });
});

describe('after a restart of the controller', () => {
  test('open faults stand until evidence clears them, and are not raised again', () => {
    const speaker = watching(['line_open', 'offline', 'restarting']);
    speaker.after(1000);
    expect(speaker.said()).toEqual([]);
    speaker.beat();
    expect(speaker.said()).toEqual(['offline cleared']);
    speaker.beat();
    expect(speaker.said()).toEqual(['offline cleared', 'line_open cleared']);
  });

  test('a device’s own report lapses when it comes back and does not repeat it, also when no heartbeat could measure it', () => {
    const speaker = watching([{ code: 'storage_full', reported: true }]);
    for (let count = 0; count < 10; count++) speaker.beat({ storageFreeMb: undefined });
    expect(speaker.said()).toEqual([]);
    const silentAboutIt = { storageFreeMb: undefined };
    speaker.hello('a').beat(silentAboutIt).beat(silentAboutIt).after(19_000);
    expect(speaker.said()).toEqual([]);
    expect(speaker.after(1000).said()).toEqual(['storage_full cleared']);
    const repeated = watching([{ code: 'storage_full', reported: true }])
      .hello('a')
      .report('storage_full', 'raised');
    expect(repeated.beat().beat().beat().beat().after(0).said()).toEqual([]);
    expect(repeated.report('storage_full', 'cleared').after(5000).said()).toEqual(['storage_full cleared']);
  });

  test('restarts are over when this controller has seen none for a quarter of an hour, not sooner', () => {
    const speaker = watching(['restarting']);
    speaker.hello('a');
    for (let count = 0; count < 44; count++) speaker.beat().after(0);
    expect(speaker.said()).toEqual([]);
    speaker.beat().after(0);
    expect(speaker.said()).toEqual(['restarting cleared']);
    expect(Number(speaker.facts[0]?.evidence.quietMs)).toBeGreaterThanOrEqual(900_000);
  });

  test('a speaker that stays away keeps its fault', () => {
    expect(watching(['offline']).after(200_000).said()).toEqual([]);
  });
});
