import type { FaultCode } from '../../controller/protocol/speaker-state.ts';
import type { Surroundings } from './telemetry.ts';

type Tell = (code: FaultCode, state: 'raised' | 'cleared', detail: string | undefined) => void;

/** What the device finds wrong with itself: told at once, and again on each connection for as long as it stands. */
export class SelfReport {
  readonly #tell: Tell;
  readonly #standing = new Map<FaultCode, string | undefined>();
  readonly surroundings: Surroundings = {
    mains: true,
    batteryPercent: undefined,
    networkKind: 'ethernet',
    signalDbm: undefined,
    storageFull: false,
  };

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  report(code: FaultCode, state: 'raised' | 'cleared', detail?: string): void {
    if (state === 'raised') this.#standing.set(code, detail);
    else this.#standing.delete(code);
    this.#tell(code, state, detail);
  }

  restate(): void {
    for (const [code, detail] of this.#standing) this.#tell(code, 'raised', detail);
  }

  /** The power goes: with a battery there is time for a last word. Returns whether there was. */
  lastGasp(): boolean {
    const hasBattery = this.surroundings.batteryPercent !== undefined;
    if (hasBattery) this.#tell('power_lost', 'raised', 'last gasp');
    this.#standing.delete('power_lost');
    return hasBattery;
  }

  setMains(mains: boolean): void {
    this.surroundings.mains = mains;
    this.report('power_lost', mains ? 'cleared' : 'raised');
  }
}
