import { expect, it } from 'vitest';
import { Amplifier } from '../../../speaker-firmware-sim/speaker/amplifier.ts';
import { AmplifierPower } from '../../../speaker-firmware-sim/speaker/amplifier-power.ts';

it('wakes up when it is wanted, and is silent until it has', () => {
  const power = new AmplifierPower(1500);
  expect(power.isAwakeAt(0)).toBe(false);
  power.tick(1000, true);
  power.tick(1010, false);
  expect([2490, 2500].map((atMs) => power.isAwakeAt(atMs))).toEqual([false, true]);
});

it('stays on for 30 s after it was last wanted, and has to wake up again after that', () => {
  const power = new AmplifierPower(1500);
  for (let atMs = 0; atMs <= 60_000; atMs += 1000) power.tick(atMs, true);
  power.tick(89_990, false);
  expect(power.isAwakeAt(89_990)).toBe(true);
  power.tick(90_000, false);
  expect(power.isAwakeAt(90_000)).toBe(false);
  power.tick(91_000, true);
  expect([92_000, 92_500].map((atMs) => power.isAwakeAt(atMs))).toEqual([false, true]);
});

it('is down after a power cut, and never where it needs no time to wake up', () => {
  const power = new AmplifierPower(1500);
  power.tick(0, true);
  power.cut();
  expect(power.isAwakeAt(5000)).toBe(false);
  const sleepless = new AmplifierPower(0);
  sleepless.cut();
  expect(sleepless.isAwakeAt(0)).toBe(true);
});

it('draws little while it sleeps, but more than a failed one', () => {
  const amplifier = new Amplifier(2, 1500);
  amplifier.update(0, -120);
  const asleepMa = amplifier.facts().currentMa;
  amplifier.power.tick(0, true);
  expect(asleepMa).toBeGreaterThan(20);
  expect(amplifier.facts().currentMa).toBeGreaterThan(4 * asleepMa);
});
