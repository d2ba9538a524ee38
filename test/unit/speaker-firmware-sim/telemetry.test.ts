import { expect, it } from 'vitest';
import { Amplifier } from '../../../speaker-firmware-sim/speaker/amplifier.ts';
import { type Surroundings, TelemetryReport } from '../../../speaker-firmware-sim/speaker/telemetry.ts';

const SURROUNDINGS: Surroundings = {
  mains: true,
  batteryPercent: undefined,
  networkKind: 'ethernet',
  signalDbm: undefined,
  storageFull: false,
};

/** A speaker that plays at -20 dBFS, turned down by 40 dB. */
function report(amplifier: Amplifier) {
  const sources = {
    amplifier,
    channels: { list: [] },
    sync: { estimate: undefined, controllerMs: () => undefined },
    receiver: { counts: { received: 0, late: 0, rejected: 0 } },
    playout: { winner: {}, bufferMs: 100, levelDb: -60, programmeDb: -20 },
  };
  return new TelemetryReport(sources as never).read(0, 1, SURROUNDINGS);
}

it('tells the programme’s level, whatever volume, amplifier and line make of it', () => {
  const well = new Amplifier(2);
  const failed = new Amplifier(2);
  failed.failed = true;
  const open = new Amplifier(2);
  open.line = 'open';
  for (const amplifier of [well, failed, open]) {
    amplifier.update(0, -60);
    expect(report(amplifier).outputLevelDb).toBe(-20);
  }
  // What the amplifier makes of it shows in its own figures.
  expect(report(well).amplifierCurrentMa).toBeGreaterThan(20);
  expect(report(failed).amplifierCurrentMa).toBeLessThan(10);
  expect(report(open).lineImpedanceOhm).toBeNull();
});
