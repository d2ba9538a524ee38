import type { Clock, Timer } from '../clock.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { FaultCommand } from './fault-command.ts';

const RESTART_TAKES_MS = 8000;
const HOT_EXTRA_C = 85;

/** Speakers that a command means. */
export function targetsOf(command: FaultCommand, speakers: readonly Speaker[]): Speaker[] {
  let chosen = [...speakers];
  if (command.speakers) chosen = chosen.filter((speaker) => command.speakers?.includes(speaker.speakerId));
  if (command.hamlet !== undefined) chosen = chosen.filter((speaker) => speaker.hamletId === command.hamlet);
  if (command.share !== undefined) chosen = chosen.slice(0, Math.ceil(chosen.length * command.share));
  return chosen;
}

/** Strikes speakers with faults, and mends them after the command's `for`. Closed, nothing more happens. */
export class FaultBoard {
  readonly #clock: Clock;
  readonly #waiting = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns how many speakers it met. */
  apply(command: FaultCommand, speakers: readonly Speaker[]): number {
    const met = targetsOf(command, speakers);
    for (const speaker of met) {
      this.#strike(speaker, command);
      if (command.for !== undefined) this.#later('end of fault', command.for, () => this.#mend(speaker, command));
    }
    return met.length;
  }

  close(): void {
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  #later(name: string, delayMs: number, task: () => void): void {
    const timer = this.#clock.after(name, delayMs, () => {
      this.#waiting.delete(timer);
      task();
    });
    this.#waiting.add(timer);
  }

  #strike(speaker: Speaker, command: FaultCommand): void {
    const nowMs = this.#clock.nowMs();
    if (command.power === 'off') speaker.powerOff();
    if (command.power === 'on') void speaker.powerOn();
    if (command.mains !== undefined) speaker.setMains(command.mains === 'on');
    if (command.link === 'cut') speaker.link.cut(nowMs);
    else if (command.link === 'up') speaker.link.restore(nowMs);
    else if (command.link !== undefined && command.for !== undefined) speaker.link.disturb(command.link);
    else if (command.link !== undefined) speaker.link.setProfile(command.link);
    if (command.ports === 'new') void speaker.receiver.newPorts();
    if (command.amplifier !== undefined) setAmplifier(speaker, command.amplifier);
    if (command.line !== undefined) setLine(speaker, command.line);
    if (command.clock?.stepMs !== undefined) speaker.oscillator.step(command.clock.stepMs);
    if (command.clock?.driftPpm !== undefined) speaker.oscillator.setDrift(nowMs, command.clock.driftPpm);
    if (command.storage !== undefined) speaker.setStorageFull(command.storage === 'full');
    if (command.firmware === 'restart') {
      speaker.powerOff();
      this.#later('boot', RESTART_TAKES_MS, () => void speaker.powerOn());
    } else if (command.firmware !== undefined) speaker.setStuck(command.firmware === 'ok' ? 'no' : command.firmware);
  }

  #mend(speaker: Speaker, command: FaultCommand): void {
    const nowMs = this.#clock.nowMs();
    if (command.power === 'off') void speaker.powerOn();
    if (command.mains === 'off') speaker.setMains(true);
    if (command.link === 'cut') speaker.link.restore(nowMs);
    else if (command.link !== undefined && command.link !== 'up') speaker.link.settle();
    if (command.amplifier !== undefined && command.amplifier !== 'ok') setAmplifier(speaker, 'ok');
    if (command.line !== undefined && command.line !== 'ok') setLine(speaker, 'ok');
    if (command.clock?.driftPpm !== undefined) speaker.oscillator.setDrift(nowMs, speaker.oscillator.ownDriftPpm);
    if (command.storage === 'full') speaker.setStorageFull(false);
    if (command.firmware === 'playout' || command.firmware === 'everything') speaker.setStuck('no');
  }
}

/** The device notices by itself and says so; what it measures (current, temperature) follows in its beats. */
function setAmplifier(speaker: Speaker, state: 'ok' | 'failed' | 'hot'): void {
  const { amplifier } = speaker;
  if (amplifier.failed !== (state === 'failed')) speaker.reportFault('amplifier_failed', state === 'failed' ? 'raised' : 'cleared');
  if (amplifier.extraHeatC > 0 !== (state === 'hot'))
    speaker.reportFault('amplifier_over_temperature', state === 'hot' ? 'raised' : 'cleared');
  amplifier.failed = state === 'failed';
  amplifier.extraHeatC = state === 'hot' ? HOT_EXTRA_C : 0;
}

function setLine(speaker: Speaker, state: 'ok' | 'open' | 'short'): void {
  const before = speaker.amplifier.line;
  if (before === state) return;
  if (before !== 'ok') speaker.reportFault(`line_${before}`, 'cleared');
  if (state !== 'ok') speaker.reportFault(`line_${state}`, 'raised');
  speaker.amplifier.line = state;
}
