/**
 * When a speaker asks for the time. Dense after connecting, and again when a channel opens, since that is when an error would be heard; sparse but steady
 * in between, so that drift stays known. A jittery path gets more questions.
 */
export interface ProbeState {
  /** Exchanges that this connection has completed. */
  answered: number;
  /** Spread of round trips above the shortest; undefined before there are some. */
  jitterMs: number | undefined;
  sinceConnectedMs: number;
  /** undefined: no channel is open that could sound. */
  sinceActiveMs: number | undefined;
  sinceBeatMs: number;
  probePeriodMs: number;
}

const FIRST_PERIOD_MS = 80;
const FIRST_COUNT = 10;
const SECOND_PERIOD_MS = 250;
const CALM_COUNT = 18;
const JITTERY_COUNT = 60;
const JITTERY_ABOVE_MS = 4;
/** On a jittery path the questions thin out slowly: the drift is told from offsets that lie minutes apart. */
const TAPER = 1 / 60;
const LONGEST_TAPER_PERIOD_MS = 5000;
const ACTIVATION_PERIOD_MS = 125;
const CALM_ACTIVATION_MS = 1500;
const JITTERY_ACTIVATION_MS = 3000;
/** From the pace of the activation to the configured one, so that the drift is known by the time the offset has aged. */
const ACTIVE_TAPER = 1 / 20;
/** Behind each idle beat follow a few probes: four chances of a quick exchange instead of one. */
const AFTER_BEAT_PERIOD_MS = 400;
const AFTER_BEAT_MS = 1300;

/** Milliseconds to the next probe; undefined: the beats are enough. */
export function nextProbeInMs(state: ProbeState): number | undefined {
  const jittery = (state.jitterMs ?? 0) > JITTERY_ABOVE_MS;
  if (state.answered < FIRST_COUNT && state.sinceConnectedMs < 5000) return FIRST_PERIOD_MS;
  const activationMs = jittery ? JITTERY_ACTIVATION_MS : CALM_ACTIVATION_MS;
  if (state.sinceActiveMs !== undefined && state.sinceActiveMs < activationMs) return ACTIVATION_PERIOD_MS;
  if (state.answered < (jittery ? JITTERY_COUNT : CALM_COUNT) && state.sinceConnectedMs < 30_000) return SECOND_PERIOD_MS;
  if (state.sinceActiveMs !== undefined)
    return Math.min(state.probePeriodMs, Math.max(SECOND_PERIOD_MS, state.sinceActiveMs * ACTIVE_TAPER));
  if (state.sinceBeatMs < AFTER_BEAT_MS) return AFTER_BEAT_PERIOD_MS;
  return jittery ? Math.min(LONGEST_TAPER_PERIOD_MS, state.sinceConnectedMs * TAPER) : undefined;
}
