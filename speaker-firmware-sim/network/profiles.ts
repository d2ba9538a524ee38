/**
 * Network profiles of the design's figures (quality.md). Delays are one way.
 *
 * A mobile path has a floor and above it a log-normal part whose logarithm is an Ornstein-Uhlenbeck process: delays keep their distribution whatever the
 * packet rate, and neighbouring packets see similar queues, as on a real radio link. Packets of one direction never overtake each other (LTE's RLC
 * delivers in order); a delay that falls faster than packets follow each other is stretched accordingly.
 */
export interface DirectionProfile {
  delay:
    | { kind: 'none' }
    | { kind: 'uniform'; lowMs: number; highMs: number }
    | { kind: 'normal'; meanMs: number; deviationMs: number; floorMs: number }
    | { kind: 'log-normal'; floorMs: number; medianAboveFloorMs: number; sigma: number; correlationMs: number };
  /** Gilbert-Elliott in continuous time: good and bad spells alternate; packets are lost in bad ones only. */
  loss: { share: number; burstMs: number; lossInBurst: number } | undefined;
}

export interface NetworkProfile {
  up: DirectionProfile;
  down: DirectionProfile;
  /** Spells in which nothing passes in either direction. */
  outages: { meanEveryMs: number; lengthMs: number } | undefined;
  /** Nothing passes at all. */
  cut: boolean;
}

const NO_DELAY: DirectionProfile = { delay: { kind: 'none' }, loss: undefined };
const LAN: DirectionProfile = { delay: { kind: 'uniform', lowMs: 0.1, highMs: 0.5 }, loss: undefined };
const FIBRE: DirectionProfile = {
  delay: { kind: 'normal', meanMs: 8, deviationMs: 1, floorMs: 6 },
  loss: { share: 0.001, burstMs: 20, lossInBurst: 0.5 },
};
const MOBILE_UP: DirectionProfile['delay'] = { kind: 'log-normal', floorMs: 28, medianAboveFloorMs: 18, sigma: 0.8, correlationMs: 120 };
const MOBILE_DOWN: DirectionProfile['delay'] = { kind: 'log-normal', floorMs: 22, medianAboveFloorMs: 18, sigma: 0.8, correlationMs: 120 };
const MOBILE_LOSS = { share: 0.01, burstMs: 50, lossInBurst: 0.7 };
const BAD_MOBILE_LOSS = { share: 0.05, burstMs: 100, lossInBurst: 0.7 };

export const PROFILES = {
  none: { up: NO_DELAY, down: NO_DELAY, outages: undefined, cut: false },
  lan: { up: LAN, down: LAN, outages: undefined, cut: false },
  fibre: { up: FIBRE, down: FIBRE, outages: undefined, cut: false },
  '4g': { up: { delay: MOBILE_UP, loss: MOBILE_LOSS }, down: { delay: MOBILE_DOWN, loss: MOBILE_LOSS }, outages: undefined, cut: false },
  '4g-bad': {
    up: { delay: MOBILE_UP, loss: BAD_MOBILE_LOSS },
    down: { delay: MOBILE_DOWN, loss: BAD_MOBILE_LOSS },
    outages: { meanEveryMs: 45_000, lengthMs: 2000 },
    cut: false,
  },
  cut: { up: NO_DELAY, down: NO_DELAY, outages: undefined, cut: true },
} as const satisfies Record<string, NetworkProfile>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];

export function isProfileName(text: string): text is ProfileName {
  return text in PROFILES;
}
