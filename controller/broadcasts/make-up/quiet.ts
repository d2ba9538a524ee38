import { GATHER_MS, isQuietAround, type MakeUpState, type Pole, RECEIPTS_PATIENCE_MS, readyAtMs } from './decide.ts';

/** What has to be known beside what decides on the next pass. */
export interface QuietState extends MakeUpState {
  /** End of the emergency itself, epoch ms. */
  firstEndedAtMs: number;
  /** The poles of the pass that is on its way to the horns. */
  givingTo: readonly string[];
}

/** A pass that has not begun so long after the emergency's end is not waited for: who waits has waited long enough. */
export const QUIET_WITHOUT_PASS_MS = RECEIPTS_PATIENCE_MS + GATHER_MS;

/**
 * The hamlets in which nothing lower may begin or go on yet: a bulletin that went on in the moment in which an emergency ends would keep the make-up pass from
 * whoever missed it, for a pass never sounds beside a neighbour that says something else. Pure. In this order:
 *
 * 1. Until all poles that are connected and not broken have said what they heard, at most RECEIPTS_PATIENCE_MS: all hamlets of the emergency. When all heard it whole, nothing
 *    is kept quiet from that moment on.
 * 2. Then only hamlets with poles that missed it and get a pass within the next moments, at most QUIET_WITHOUT_PASS_MS after the end, and each pole only for its first pass.
 * 3. While a pass sounds, its hamlets.
 *
 * What we ourselves were away for, right after the end or during a pass, is added to these times.
 *
 * An emergency that was stopped, or followed by a newer one, keeps nobody waiting.
 * @param nowMs epoch ms
 */
export function hamletsKeptQuiet(state: QuietState, nowMs: number): ReadonlySet<string> {
  const quiet = new Set<string>();
  if (state.isStopped || nowMs >= state.validUntilMs) return quiet;
  for (const { clusterId, hamletId } of state.poles) if (state.givingTo.includes(clusterId)) quiet.add(hamletId);
  const wanted = state.poles.filter((pole) => !pole.isSuperseded);
  const missing = wanted.filter((pole) => !pole.isWhole && pole.ableSinceMs !== null);
  // One that stood still around the end has not answered yet, and may have missed it all.
  const mayAnswer = wanted.filter((pole) => !pole.isWhole && pole.owesReceipt && !pole.isBroken);
  const isFirst = state.lastEndedAtMs <= state.firstEndedAtMs;
  const patienceEndsMs = Math.max(isFirst ? state.firstEndedAtMs + RECEIPTS_PATIENCE_MS : 0, state.absentUntilMs);
  if (!state.isGiving && nowMs < patienceEndsMs && mayAnswer.length > 0) {
    for (const { hamletId } of isFirst ? wanted : mayAnswer) quiet.add(hamletId);
    if (isFirst) return quiet;
  }
  if (nowMs >= quietUntilMs(state)) return quiet;
  for (const pole of missing) if (isDueSoon(pole, state)) quiet.add(pole.hamletId);
  return quiet;
}

function isDueSoon(pole: Pole, state: QuietState): boolean {
  const isNext = pole.passes === 0 && isQuietAround(pole, state.busy);
  return isNext && readyAtMs(state, pole, GATHER_MS) < quietUntilMs(state);
}

function quietUntilMs({ firstEndedAtMs, absentUntilMs }: QuietState): number {
  return Math.max(firstEndedAtMs + QUIET_WITHOUT_PASS_MS, absentUntilMs + GATHER_MS);
}
