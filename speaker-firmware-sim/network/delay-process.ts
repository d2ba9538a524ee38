import type { Random } from '../random.ts';
import type { DirectionProfile } from './profiles.ts';

/** One-way delay of a packet sent at `nowMs`; calls come with non-decreasing instants. */
export type DelayProcess = (nowMs: number) => number;

export function createDelayProcess(profile: DirectionProfile['delay'], random: Random): DelayProcess {
  switch (profile.kind) {
    case 'none':
      return () => 0;
    case 'uniform':
      return () => profile.lowMs + random.next() * (profile.highMs - profile.lowMs);
    case 'normal':
      return () => Math.max(profile.floorMs, profile.meanMs + random.normal() * profile.deviationMs);
    case 'log-normal': {
      let state = random.normal();
      let lastMs: number | undefined;
      return (nowMs) => {
        // Exact transition of the Ornstein-Uhlenbeck process over any interval; its stationary variance is 1.
        const kept = lastMs === undefined ? 0 : Math.exp(-Math.max(0, nowMs - lastMs) / profile.correlationMs);
        state = kept * state + Math.sqrt(1 - kept * kept) * random.normal();
        lastMs = nowMs;
        return profile.floorMs + profile.medianAboveFloorMs * Math.exp(profile.sigma * state);
      };
    }
  }
}
