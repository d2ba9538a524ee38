import type { FaultCode } from '../../protocol/speaker-state.ts';
import type { Silence } from '../silenced.ts';
import { CAUSE_BY_FAULT } from './ability.ts';

/** Of one pole and code; a fault that comes and goes more often has the last ones count. */
const KEPT_MAX = 20;
const SILENCING: ReadonlySet<FaultCode> = new Set(CAUSE_BY_FAULT.map(([code]) => code));
/** Of a fault that stood before anybody listened: nobody knows since when. */
const SINCE_EVER_MS = 0;

/** When nothing can have left the horns of the poles, by their faults as they come and go: as the outcomes read it from the store, which may not answer now. */
export class PoleSilences {
  #byPole = new Map<string, Silence[]>();

  raised(clusterId: string, code: FaultCode, atMs: number): void {
    if (SILENCING.has(code)) this.#note(clusterId, code, { fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
  }

  cleared(clusterId: string, code: FaultCode, atMs: number): void {
    if (!SILENCING.has(code)) return;
    const last = this.#byPole.get(keyOf(clusterId, code))?.at(-1);
    if (last?.untilMs === Number.POSITIVE_INFINITY) last.untilMs = atMs;
    else this.#note(clusterId, code, { fromMs: SINCE_EVER_MS, untilMs: atMs });
  }

  /** @param standing the faults of the pole now */
  of(clusterId: string, standing: readonly FaultCode[]): Silence[] {
    return [...SILENCING].flatMap((code) => {
      const noted = this.#byPole.get(keyOf(clusterId, code)) ?? [];
      const isNoted = noted.at(-1)?.untilMs === Number.POSITIVE_INFINITY;
      return standing.includes(code) && !isNoted ? [...noted, { fromMs: SINCE_EVER_MS, untilMs: Number.POSITIVE_INFINITY }] : noted;
    });
  }

  #note(clusterId: string, code: FaultCode, silence: Silence): void {
    const key = keyOf(clusterId, code);
    this.#byPole.set(key, [...(this.#byPole.get(key) ?? []), silence].slice(-KEPT_MAX));
  }
}

const keyOf = (clusterId: string, code: FaultCode): string => `${clusterId} ${code}`;
