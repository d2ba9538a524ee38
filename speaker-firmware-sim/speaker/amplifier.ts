import { AmplifierPower } from './amplifier-power.ts';

/** Amplifier, horn line and power of one cluster, as far as telemetry shows them. */
export type LineState = 'ok' | 'open' | 'short';

export interface PowerStageFacts {
  currentMa: number;
  temperatureC: number;
  impedanceOhm: number | null;
}

const AMBIENT_C = 31;
const IDLE_CURRENT_MA = 180;
/** Powered down: what is left is the supply's own. */
const STANDBY_CURRENT_MA = 25;
/** At full scale on four horns. */
const FULL_SCALE_CURRENT_MA = 4200;
const SHORT_CURRENT_MA = 9500;
/** A 30 W horn on a 100 V line is about 330 ohm; driven at low impedance, in series pairs, the line sees about this for one. */
const HORN_OHM = 82;
/** Degrees above ambient per ampere, and how fast they come. */
const HEATING_C_PER_A = 9;
const THERMAL_TIME_MS = 180_000;

export class Amplifier {
  readonly horns: number;
  readonly power: AmplifierPower;
  line: LineState = 'ok';
  failed = false;
  /** Fault: something heats it (a blocked vent, the sun); degrees on top. */
  extraHeatC = 0;
  #temperatureC = AMBIENT_C;
  #updatedMs: number | undefined;
  /** RMS level over the last blocks decides the current. */
  #levelDb = -120;

  /** @param wakeUpMs from power-down to full sound; 0: it never powers down */
  constructor(horns: number, wakeUpMs = 0) {
    this.horns = horns;
    this.power = new AmplifierPower(wakeUpMs);
  }

  /** Whether sound reaches the air. */
  get drives(): boolean {
    return !this.failed && this.line === 'ok';
  }
  get healthy(): boolean {
    return !this.failed && this.#temperatureC < 90;
  }

  update(nowMs: number, levelDb: number): void {
    const elapsedMs = this.#updatedMs === undefined ? 0 : nowMs - this.#updatedMs;
    this.#updatedMs = nowMs;
    this.#levelDb = levelDb;
    const goalC = AMBIENT_C + this.extraHeatC + (HEATING_C_PER_A * this.#currentMa()) / 1000;
    // A fault's heat shows within seconds: demonstrations do not wait for the sun.
    const timeMs = this.extraHeatC > 0 ? THERMAL_TIME_MS / 60 : THERMAL_TIME_MS;
    this.#temperatureC += (goalC - this.#temperatureC) * (1 - Math.exp(-elapsedMs / timeMs));
  }

  facts(): PowerStageFacts {
    const impedanceOhm = this.line === 'open' ? null : this.line === 'short' ? 0.3 : HORN_OHM / Math.max(1, this.horns);
    return { currentMa: this.#currentMa(), temperatureC: this.#temperatureC, impedanceOhm };
  }

  #currentMa(): number {
    if (this.failed) return 0;
    if (!this.power.isOn) return STANDBY_CURRENT_MA;
    if (this.line === 'open') return IDLE_CURRENT_MA;
    const drive = 10 ** (this.#levelDb / 20);
    const full = this.line === 'short' ? SHORT_CURRENT_MA : FULL_SCALE_CURRENT_MA * (this.horns / 4);
    return IDLE_CURRENT_MA + drive * full;
  }
}
