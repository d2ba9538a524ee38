/** One pole of an emergency that is over, as it stands now. */
export interface Pole {
  clusterId: string;
  hamletId: string;
  /** It heard the message whole, in its first giving or in a make-up pass. */
  isWhole: boolean;
  /** A newer emergency is, or was, for this pole: what came before must not be said again. */
  isSuperseded: boolean;
  /** It has a connection, or had no time yet to make one after our own absence, but has not said what it played of the last giving. */
  owesReceipt: boolean;
  /** It can't sound before somebody repairs it, or its power or its path is back. */
  isBroken: boolean;
  /** Since when it could sound, epoch ms; null: it can't now. */
  ableSinceMs: number | null;
  /** Make-up passes that were begun for it. */
  passes: number;
}

/** One emergency that came to its end by itself, with everything a decision rests on. */
export interface MakeUpState {
  /** End of the last giving, the first or a make-up pass, epoch ms. */
  lastEndedAtMs: number;
  validUntilMs: number;
  /** Until then our own absence may be why a pole has not said what it heard; epoch ms, 0: it can't be. */
  absentUntilMs: number;
  /** A person has stopped it. */
  isStopped: boolean;
  /** A make-up pass is on its way to the horns. */
  isGiving: boolean;
  /** After a pass that could not begin; epoch ms. */
  notBeforeMs: number;
  poles: readonly Pole[];
  /** Where something else sounds, or will before a pass that begins now is over. */
  busy: readonly { clusterId: string; hamletId: string }[];
}

export type Next =
  /** Nothing more will be given. */
  | { do: 'over'; why: 'stopped' | 'expired' | 'done' }
  /** @property clusterIds one common pass for these */
  | { do: 'give'; clusterIds: string[] }
  /** Look again when something happens, at the latest then. @property isJudged all that will be said of the last giving was said */
  | { do: 'wait'; untilMs: number; isJudged: boolean };

/** Who missed it after so many more is not reached this way. */
export const PASSES_MAX = 3;
/** Receipts come right after the end from whoever is connected. */
export const RECEIPTS_PATIENCE_MS = 6000;
/** Who has just come back is good for a pass only when it stays, and has had the time to hand in what it heard meanwhile. */
export const STEADY_MS = 2000;
/** From the first that is back on, others may join the same pass. */
export const GATHER_MS = 5000;
/** After the end of a pass that a pole missed again: its network gets time to mend before the next. By the passes it had. */
const PAUSES_MS: readonly number[] = [0, 5000, 30_000];

/** What to do next for the poles that missed an emergency. Pure. @param nowMs epoch ms */
export function decide(state: MakeUpState, nowMs: number): Next {
  if (state.isStopped) return { do: 'over', why: 'stopped' };
  if (nowMs >= state.validUntilMs) return { do: 'over', why: 'expired' };
  if (state.isGiving) return { do: 'wait', untilMs: state.validUntilMs, isJudged: false };
  const missing = state.poles.filter((pole) => !pole.isWhole && !pole.isSuperseded);
  if (missing.length === 0) return { do: 'over', why: 'done' };
  const patienceEndsMs = Math.max(state.lastEndedAtMs + RECEIPTS_PATIENCE_MS, state.absentUntilMs);
  if (nowMs < patienceEndsMs && missing.some((pole) => pole.owesReceipt)) {
    return { do: 'wait', untilMs: Math.min(patienceEndsMs, state.validUntilMs), isJudged: false };
  }
  const left = missing.filter((pole) => pole.passes < PASSES_MAX);
  if (left.length === 0) return { do: 'over', why: 'done' };

  const hopeful = left.filter((pole) => pole.ableSinceMs !== null && isQuietAround(pole, state.busy));
  if (hopeful.some((pole) => readyAtMs(state, pole, GATHER_MS) <= nowMs)) {
    const together = hopeful.filter((pole) => readyAtMs(state, pole, STEADY_MS) <= nowMs);
    return { do: 'give', clusterIds: together.map((pole) => pole.clusterId) };
  }
  const untilMs = Math.min(state.validUntilMs, ...hopeful.map((pole) => readyAtMs(state, pole, GATHER_MS)));
  return { do: 'wait', untilMs, isJudged: true };
}

/** When a pole that can sound may get its next pass, epoch ms. @param settledMs how long it has to have been there */
export function readyAtMs(state: Pick<MakeUpState, 'lastEndedAtMs' | 'notBeforeMs'>, pole: Pole, settledMs: number): number {
  return Math.max((pole.ableSinceMs ?? 0) + settledMs, state.lastEndedAtMs + (PAUSES_MS[pole.passes] ?? 0), state.notBeforeMs);
}

/** Beside a neighbour that says something else, neither would be understood. */
export function isQuietAround(pole: Pole, busy: MakeUpState['busy']): boolean {
  return !busy.some((other) => other.hamletId === pole.hamletId && other.clusterId !== pole.clusterId);
}
