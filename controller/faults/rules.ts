import { MISSED_BEATS_OFFLINE } from '../protocol/media.ts';
import { FAULT_CODES, type FaultCode, type FaultSeverity, type SpeakerTelemetry } from '../protocol/speaker-state.ts';
import { type BeatContext, SAMPLED_CODES, SAMPLED_CONDITIONS, SEVERITIES, type Verdict } from './conditions.ts';

/** A device that says "cleared" and "raised" in turns is taken at its worse word: "cleared" counts after this long without the other. */
const REPORT_HOLD_MS = 5000;
/** After connecting a device states again what stands; what it doesn't state within this time stands no more. */
const RESTATE_WITHIN_MS = 60_000;
/** `most`: a device that restarts all the time must not fill the memory; the evidence then says at least so many. */
const BOOTS = { count: 3, withinMs: 900_000, most: 20 };

/** Codes that only the controller can find. */
const CONTROLLER_ONLY: ReadonlySet<FaultCode> = new Set(['offline', 'slow_path', 'restarting']);

interface Condition {
  /** What the controller's own rules find. */
  measured: boolean;
  /** Heartbeats in a row that speak for the opposite of `measured`. */
  contrary: number;
  /** What the device reports of itself. */
  reported: boolean;
  /** When the device's report lapses; null: it stands. */
  reportEndsMs: number | null;
  raised: boolean;
}

/**
 * What the rules remember of one speaker. Values are never changed, only replaced. All instants are of the steady clock (Clock.monotonicMs): somebody who sets the
 * time must not make every speaker silent.
 */
export interface SpeakerWatch {
  readonly beatPeriodMs: number;
  readonly lastHeardMs: number;
  readonly mediaSeenMs: number;
  readonly watchedSinceMs: number;
  readonly bootId: string | null;
  /** The lives of the device that began lately, as far as their first hello shows. */
  readonly boots: readonly { bootId: string; atMs: number }[];
  readonly horns: number;
  readonly conditions: Readonly<Record<FaultCode, Readonly<Condition>>>;
}

export type RuleInput =
  /** Any sign of life. */
  | { kind: 'heard'; atMs: number }
  | { kind: 'hello'; atMs: number; bootId: string; horns: number }
  | {
      kind: 'beat';
      atMs: number;
      telemetry: SpeakerTelemetry;
      soundDue: boolean | null;
      clockContradictionMs: number;
      behindNeighboursMs: number | null;
    }
  | { kind: 'reported'; atMs: number; code: FaultCode; state: 'raised' | 'cleared'; detail: string | null }
  /** What a receipt shows: sound has left it lately. */
  | { kind: 'sounded'; atMs: number; levelDb: number }
  /** The controller itself stood still for so long before this instant. */
  | { kind: 'absent'; atMs: number; forMs: number }
  /** Nothing happened; time has passed. */
  | { kind: 'tick'; atMs: number };

export interface FaultFact {
  code: FaultCode;
  state: 'raised' | 'cleared';
  /** Of the steady clock, as the input's. */
  atMs: number;
  severity: FaultSeverity;
  evidence: Record<string, unknown>;
}

export interface Step {
  watch: SpeakerWatch;
  facts: readonly FaultFact[];
}

const CALM: Condition = { measured: false, contrary: 0, reported: false, reportEndsMs: null, raised: false };
const NO_FACTS: readonly FaultFact[] = [];

/** A fault that was open when the controller stopped. */
export interface StandingFault {
  code: FaultCode;
  /** The device's own word, which it has to repeat; otherwise the controller's finding. */
  reported: boolean;
}

/** @param standing they stand until evidence clears them, or the device comes back and doesn't repeat its report */
export function newWatch(options: { atMs: number; beatPeriodMs: number; standing: readonly StandingFault[] }): SpeakerWatch {
  const conditions = Object.fromEntries(
    FAULT_CODES.map((code) => {
      const fault = options.standing.find((standing) => standing.code === code);
      return [code, fault ? { ...CALM, measured: !fault.reported, reported: fault.reported, raised: true } : CALM];
    }),
  ) as Record<FaultCode, Condition>;
  return {
    beatPeriodMs: options.beatPeriodMs,
    lastHeardMs: options.atMs,
    mediaSeenMs: options.atMs,
    watchedSinceMs: options.atMs,
    bootId: null,
    boots: [],
    horns: 1,
    conditions,
  };
}

/** When silence becomes the fault `offline`, by the steady clock. */
export function offlineAtMs(watch: SpeakerWatch): number {
  return watch.lastHeardMs + MISSED_BEATS_OFFLINE * watch.beatPeriodMs;
}

/** One input through all rules. Pure. For each code raised and cleared facts alternate. */
export function step(watch: SpeakerWatch, input: RuleInput): Step {
  switch (input.kind) {
    case 'heard':
      return heard(watch, input.atMs);
    case 'hello':
      return hello(watch, input);
    case 'beat':
      return beat(watch, input);
    case 'reported':
      return reported(watch, input);
    case 'sounded':
      return settle(watch, 'silent_while_playing', { measured: false, contrary: 0 }, input.atMs, { receiptLevelDb: input.levelDb });
    case 'absent':
      return { watch: afterAbsence(watch, input), facts: NO_FACTS };
    case 'tick':
      return tick(watch, input.atMs);
  }
}

function heard(watch: SpeakerWatch, atMs: number): Step {
  const silentMs = Math.round(atMs - watch.lastHeardMs);
  const alive = atMs > watch.lastHeardMs ? { ...watch, lastHeardMs: atMs } : watch;
  if (!alive.conditions.offline.measured) return { watch: alive, facts: NO_FACTS };
  return settle(alive, 'offline', { measured: false }, atMs, { silentMs });
}

/** What did not come while nobody was there to take it was not missing: nothing is judged before it could have come. */
function afterAbsence(watch: SpeakerWatch, { atMs, forMs }: { atMs: number; forMs: number }): SpeakerWatch {
  const later = (instantMs: number): number => Math.max(instantMs, Math.min(atMs, instantMs + forMs));
  const conditions = Object.fromEntries(
    Object.entries(watch.conditions).map(([code, condition]) => [
      code,
      condition.reportEndsMs === null ? condition : { ...condition, reportEndsMs: condition.reportEndsMs + forMs },
    ]),
  ) as SpeakerWatch['conditions'];
  return { ...watch, lastHeardMs: later(watch.lastHeardMs), mediaSeenMs: later(watch.mediaSeenMs), conditions };
}

function hello(watch: SpeakerWatch, input: Extract<RuleInput, { kind: 'hello' }>): Step {
  const { atMs, bootId, horns } = input;
  const recent = watch.boots.filter((boot) => atMs - boot.atMs < BOOTS.withinMs);
  const isKnown = watch.bootId === bootId || recent.some((boot) => boot.bootId === bootId);
  const boots = isKnown ? recent : [...recent, { bootId, atMs }].slice(-BOOTS.most);
  // Packets can't be expected before there was time to set up the path.
  let next: SpeakerWatch = { ...watch, bootId, horns, boots, mediaSeenMs: Math.max(watch.mediaSeenMs, atMs) };
  const facts: FaultFact[] = [];
  const take = (taken: Step): void => {
    next = taken.watch;
    facts.push(...taken.facts);
  };
  take(heard(next, atMs));
  if (boots.length >= BOOTS.count) {
    take(settle(next, 'restarting', { measured: true }, atMs, { boots: boots.length, withinMs: BOOTS.withinMs }));
  }
  for (const code of FAULT_CODES) {
    const { reported, reportEndsMs } = next.conditions[code];
    if (reported) take(settle(next, code, { reportEndsMs: Math.min(reportEndsMs ?? Infinity, atMs + RESTATE_WITHIN_MS) }, atMs, {}));
  }
  return { watch: next, facts };
}

function beat(watch: SpeakerWatch, input: Extract<RuleInput, { kind: 'beat' }>): Step {
  const { atMs, telemetry, soundDue, clockContradictionMs, behindNeighboursMs } = input;
  let { watch: next, facts } = heard(watch, atMs);
  if (telemetry.packetsReceived > 0) next = { ...next, mediaSeenMs: atMs };
  const context: BeatContext = {
    telemetry,
    atMs,
    beatPeriodMs: next.beatPeriodMs,
    mediaSeenMs: watch.mediaSeenMs,
    horns: next.horns,
    soundDue,
    clockContradictionMs,
    behindNeighboursMs,
  };
  for (const code of SAMPLED_CODES) {
    const rule = SAMPLED_CONDITIONS[code];
    const before = next.conditions[code];
    const after = sampled(before, rule.judge(context), before.measured ? rule.clearAfterBeats : rule.raiseAfterBeats);
    if (after === before) continue;
    const settled = settle(next, code, after, atMs, after.measured === before.measured ? {} : rule.evidence(context));
    next = settled.watch;
    if (settled.facts.length > 0) facts = [...facts, ...settled.facts];
  }
  return { watch: next, facts };
}

/** The condition after one more verdict; the same object when nothing changed. */
function sampled(before: Readonly<Condition>, verdict: Verdict, needed: number): Readonly<Condition> {
  if (verdict === null) return before;
  if ((verdict === 'bad') === before.measured) return before.contrary === 0 ? before : { ...before, contrary: 0 };
  const contrary = before.contrary + 1;
  return contrary < needed ? { ...before, contrary } : { ...before, measured: !before.measured, contrary: 0 };
}

function reported(watch: SpeakerWatch, input: Extract<RuleInput, { kind: 'reported' }>): Step {
  const { atMs, code, state, detail } = input;
  if (CONTROLLER_ONLY.has(code)) return { watch, facts: NO_FACTS };
  const change =
    state === 'raised'
      ? { reported: true, reportEndsMs: null }
      : watch.conditions[code].reported
        ? { reportEndsMs: atMs + REPORT_HOLD_MS }
        : {};
  return settle(watch, code, change, atMs, { reportedBySpeaker: true, detail });
}

function tick(watch: SpeakerWatch, atMs: number): Step {
  let next = watch;
  let facts = NO_FACTS;
  const take = (taken: Step): void => {
    next = taken.watch;
    facts = [...facts, ...taken.facts];
  };
  const { offline, restarting } = watch.conditions;
  if (!offline.measured && atMs >= offlineAtMs(watch)) {
    take(
      settle(next, 'offline', { measured: true }, atMs, {
        silentMs: Math.round(atMs - watch.lastHeardMs),
        missedBeats: MISSED_BEATS_OFFLINE,
      }),
    );
  }
  // What was before this controller began to watch is not known: it proves no quiet.
  const quietMs = atMs - Math.max(watch.watchedSinceMs, ...watch.boots.map((boot) => boot.atMs));
  if (restarting.measured && quietMs >= BOOTS.withinMs && !next.conditions.offline.measured) {
    take(settle(next, 'restarting', { measured: false }, atMs, { quietMs: Math.round(quietMs) }));
  }
  for (const code of FAULT_CODES) {
    const { reportEndsMs } = next.conditions[code];
    if (reportEndsMs !== null && atMs >= reportEndsMs) {
      take(settle(next, code, { reported: false, reportEndsMs: null }, atMs, { reportedBySpeaker: true }));
    }
  }
  return { watch: next, facts };
}

/** Applies a change to one condition; a fact comes out when what counts has changed. */
function settle(watch: SpeakerWatch, code: FaultCode, change: Partial<Condition>, atMs: number, evidence: Record<string, unknown>): Step {
  const before = watch.conditions[code];
  const merged = { ...before, ...change };
  const raised = merged.measured || merged.reported;
  const next = { ...watch, conditions: { ...watch.conditions, [code]: { ...merged, raised } } };
  if (raised === before.raised) return { watch: next, facts: NO_FACTS };
  return { watch: next, facts: [{ code, state: raised ? 'raised' : 'cleared', atMs, severity: SEVERITIES[code], evidence }] };
}
