import { rankOf } from '../protocol/broadcast-class.ts';
import {
  type AirState,
  byPrecedence,
  byTurn,
  type Contender,
  claims,
  type Hold,
  hasStarted,
  heldFor,
  type NewContender,
  newContender,
  overlap,
} from './contender.ts';

/**
 * Who plays on which pole. Pure: the state of the air, something that happened, and the time give the next state and what
 * has to be done, in the order in which it has to be done.
 *
 * - A higher class takes its clusters from a lower one at once; the lower goes on at its other clusters.
 * - Among equals the one on the air keeps its clusters and the later waits, at most `latestStartMs`. Two exceptions: a newer
 *   emergency takes over from an older one, and a second live announcement is refused.
 * - An emergency that has lost all its clusters to newer ones is over: it must not begin again by itself when those end, perhaps hours later and long after
 *   somebody has told the people otherwise. One that has lost some goes on elsewhere, and comes back where the newer one was, unless that said that it
 *   was a mistake or is over.
 * - A broadcast that waits for an equal starts once all its clusters are free of equals, so that it is heard whole; when its patience
 *   ends it starts on those that are free. One that meets only higher ones starts at once on whatever they leave.
 * - After an emergency its clusters and their neighbours can be held: nothing lower begins or goes on there, as if the emergency still had them, until
 *   it is let go or the hold's time is over. A hold takes nothing from who sounds there, and no emergency minds it.
 */
export type AirEvent =
  | { type: 'admitted'; contender: NewContender }
  | { type: 'readied'; broadcastId: string }
  | { type: 'ended'; broadcastId: string }
  /** Replaces what was held for this emergency; no clusters: lets all of them go. */
  | ({ type: 'held'; broadcastId: string } & Hold)
  | { type: 'tick' };

export type Decision =
  | { do: 'start'; broadcastId: string; plays: ReadonlySet<string>; heldOff: Rivals }
  | { do: 'resume'; broadcastId: string; plays: ReadonlySet<string>; heldOff: Rivals }
  /** It goes on, on other clusters than before. */
  | { do: 'shift'; broadcastId: string; plays: ReadonlySet<string>; lost: Rivals; gained: ReadonlySet<string> }
  /** Silent everywhere, to go on later. */
  | { do: 'preempt'; broadcastId: string; by: readonly string[] }
  /** Silent everywhere, and over. */
  | { do: 'end'; broadcastId: string; why: 'preempted' | 'paused_too_long'; by: readonly string[] }
  | { do: 'wait'; broadcastId: string; for: readonly string[]; untilMs: number }
  | { do: 'miss'; broadcastId: string; why: 'blocked' | 'not_ready' | 'too_late'; by: readonly string[] }
  | { do: 'refuse'; broadcastId: string; by: readonly string[] };

/** Cluster -> the broadcast that plays there instead, or for whose sake it is held. */
export type Rivals = ReadonlyMap<string, string>;

export interface Step {
  state: AirState;
  decisions: readonly Decision[];
}

type Draft = Map<string, Contender>;
type Holds = AirState['holds'];

/** Someone looks at every deadline. Looked at so long after it, the machine slept, and the five o'clock news is not for nine. */
const OVERSLEPT_MS = 5000;

/** @param nowMs epoch ms; never before an earlier step's. */
export function step(state: AirState, event: AirEvent, nowMs: number): Step {
  const draft: Draft = new Map(state.contenders);
  const holds = new Map([...state.holds].filter(([, hold]) => hold.untilMs > nowMs));
  const decisions: Decision[] = [];
  if (event.type === 'held') hold(holds, event, nowMs);
  else apply(draft, event);
  // Whoever ends, or gives up a cluster for good, makes room for those who waited for it, and whoever starts is waited for by others: look again until nobody
  // does. Each such round takes a claim or a waiting one away, so it ends.
  for (let before = -1; before !== stillOpen(draft); ) {
    before = stillOpen(draft);
    callWaiting(draft, holds, nowMs, decisions);
    divide(draft, holds, state.contenders, nowMs, decisions);
  }
  return { state: { contenders: draft, holds }, decisions: settle(decisions, draft, holds, state.contenders) };
}

/** When to call `step` with a tick although nothing happened; undefined: never. */
export function nextLookMs(state: AirState, nowMs: number): number | undefined {
  const looksMs = [...state.holds.values()].map((hold) => hold.untilMs);
  for (const contender of state.contenders.values()) {
    if (contender.phase === 'waiting') looksMs.push(contender.dueAtMs > nowMs ? contender.dueAtMs : deadlineMs(contender));
    else if (contender.preemptedAtMs !== null) looksMs.push(contender.preemptedAtMs + contender.longestPauseMs);
  }
  return looksMs.length > 0 ? Math.min(...looksMs) : undefined;
}

/**
 * The clusters whose speakers belong on the broadcast's channel: those it plays on, and those where a higher class has the
 * loudspeaker just now (the speaker itself falls back when that ends). Not those of an equal: there the speaker could not choose. Nor, while its
 * sound flows, those held after an emergency: there the speaker would fall back too early.
 */
export function channelClusters(state: AirState, broadcastId: string): ReadonlySet<string> {
  const { contenders, holds } = state;
  const contender = contenders.get(broadcastId);
  if (!contender) return new Set();
  const flows = contender.phase === 'on_air' || (contender.phase === 'preempted' && contender.flowsOn);
  const equals = [...contenders.values()].filter(
    (other) => other !== contender && other.class === contender.class && hasStarted(other) && byPrecedence(other, contender) < 0,
  );
  const isFree = (clusterId: string): boolean =>
    !equals.some((other) => claims(other, clusterId)) && !(flows && heldFor(holds, contender, clusterId) !== undefined);
  return new Set(
    [...contender.clusterIds].filter((clusterId) => claims(contender, clusterId) && (!hasStarted(contender) || isFree(clusterId))),
  );
}

/** Claims and waiting ones that are left. */
function stillOpen(draft: Draft): number {
  let count = 0;
  for (const contender of draft.values()) {
    count += 1 + contender.clusterIds.size - contender.forfeited.size + (hasStarted(contender) ? 0 : 1);
  }
  return count;
}

function hold(holds: Map<string, Hold>, { broadcastId, clusterIds, untilMs }: Extract<AirEvent, { type: 'held' }>, nowMs: number): void {
  if (clusterIds.size > 0 && untilMs > nowMs) holds.set(broadcastId, { clusterIds, untilMs });
  else holds.delete(broadcastId);
}

function apply(draft: Draft, event: AirEvent): void {
  if (event.type === 'admitted') draft.set(event.contender.broadcastId, newContender(event.contender));
  if (event.type === 'ended') draft.delete(event.broadcastId);
  if (event.type === 'readied') {
    const contender = draft.get(event.broadcastId);
    if (contender) draft.set(event.broadcastId, { ...contender, ready: true });
  }
}

/** Lets those start whose turn it is; sends away those who waited too long. */
function callWaiting(draft: Draft, holds: Holds, nowMs: number, decisions: Decision[]): void {
  const due = [...draft.values()].filter((contender) => !hasStarted(contender) && contender.dueAtMs <= nowMs).sort(byTurn);
  const queued: Contender[] = [];
  for (const contender of due) {
    const { broadcastId } = contender;
    const isLate = nowMs >= deadlineMs(contender);
    if (!contender.ready) {
      if (isLate) {
        draft.delete(broadcastId);
        decisions.push({ do: 'miss', broadcastId, why: 'not_ready', by: [] });
      }
      continue;
    }
    if (nowMs > deadlineMs(contender) + OVERSLEPT_MS) {
      draft.delete(broadcastId);
      decisions.push({ do: 'miss', broadcastId, why: 'too_late', by: [] });
      continue;
    }
    const started = [...draft.values()].filter((other) => hasStarted(other) && overlap(contender, other));
    const equals = contender.class === 'emergency' ? [] : [...started, ...queued].filter((other) => isEqualInTheWay(contender, other));
    const higher = started.filter((other) => rankOf(other.class) > rankOf(contender.class));
    if (contender.class === 'live' && equals.length > 0) {
      draft.delete(broadcastId);
      decisions.push({ do: 'refuse', broadcastId, by: idsOf(equals) });
      continue;
    }
    const inTheWay = [...equals.filter(hasStarted), ...higher];
    const heldBy = new Set<string>();
    let hasFree = false;
    for (const clusterId of contender.clusterIds) {
      const holder = heldFor(holds, contender, clusterId);
      if (holder !== undefined) heldBy.add(holder);
      else hasFree ||= !inTheWay.some((other) => claims(other, clusterId));
    }
    const by = [...new Set([...idsOf([...higher, ...equals]), ...heldBy])];
    if (hasFree && (equals.length === 0 || isLate)) {
      draft.set(broadcastId, { ...contender, phase: 'on_air', startedAtMs: nowMs, waitsFor: [] });
    } else if (isLate) {
      draft.delete(broadcastId);
      decisions.push({ do: 'miss', broadcastId, why: 'blocked', by });
    } else {
      queued.push(contender);
      draft.set(broadcastId, { ...contender, waitsFor: by });
    }
  }
}

function isEqualInTheWay(contender: Contender, other: Contender): boolean {
  return other.class === contender.class && overlap(contender, other);
}

/** Gives every cluster to the first of those who have started and claim it, and tells the others. */
function divide(draft: Draft, holds: Holds, before: AirState['contenders'], nowMs: number, decisions: Decision[]): void {
  const started = [...draft.values()].filter(hasStarted).sort(byPrecedence);
  const holders = new Map<string, string>();
  for (const contender of started) {
    for (const clusterId of contender.clusterIds) {
      if (!claims(contender, clusterId) || holders.has(clusterId) || heldFor(holds, contender, clusterId) !== undefined) continue;
      holders.set(clusterId, contender.broadcastId);
    }
  }
  for (const contender of started) {
    const { broadcastId } = contender;
    const plays = new Set<string>();
    const elsewhere: string[] = [];
    for (const clusterId of contender.clusterIds) {
      if (holders.get(clusterId) === broadcastId) plays.add(clusterId);
      else elsewhere.push(clusterId);
    }
    const players = elsewhere.flatMap((clusterId) => holders.get(clusterId) ?? []);
    const by = [...new Set([...players, ...elsewhere.flatMap((clusterId) => heldFor(holds, contender, clusterId) ?? [])])];
    const preemptedAtMs = plays.size > 0 ? null : (contender.preemptedAtMs ?? nowMs);
    if (plays.size === 0 && (contender.onPreempted === 'end' || contender.class === 'emergency')) {
      draft.delete(broadcastId);
      decisions.push({ do: 'end', broadcastId, why: 'preempted', by });
    } else if (
      preemptedAtMs !== null &&
      nowMs >= preemptedAtMs + contender.longestPauseMs &&
      before.get(broadcastId)?.phase === 'preempted'
    ) {
      draft.delete(broadcastId);
      decisions.push({ do: 'end', broadcastId, why: 'paused_too_long', by });
    } else {
      draft.set(broadcastId, {
        ...contender,
        phase: plays.size > 0 ? 'on_air' : 'preempted',
        preemptedAtMs,
        plays,
        forfeited: lostForGood(contender, elsewhere, (clusterId) => draft.get(holders.get(clusterId) ?? '')),
        waitsFor: plays.size > 0 ? [] : by,
      });
    }
  }
}

/** Where another plays for whose end it does not wait. What is only held comes free in a moment. */
function lostForGood(
  { forfeited, onPreempted, class: broadcastClass }: Contender,
  elsewhere: readonly string[],
  player: (clusterId: string) => Contender | undefined,
): Set<string> {
  const isLost = (clusterId: string): boolean => {
    const other = player(clusterId);
    return other !== undefined && (onPreempted === 'end' || (broadcastClass === 'emergency' && other.endsOlder));
  };
  return new Set(elsewhere.filter((clusterId) => forfeited.has(clusterId) || isLost(clusterId)));
}

/** The differences between before and after as decisions: new emergencies first, then who falls silent, then who sounds, then who waits. */
function settle(final: readonly Decision[], draft: Draft, holds: Holds, before: AirState['contenders']): Decision[] {
  const holders = new Map<string, string>();
  // Only who is kept from a cluster is told by whom.
  const isApart = [...draft.values()].some(({ clusterIds, plays }) => plays.size < clusterIds.size);
  if (isApart)
    for (const contender of draft.values()) for (const clusterId of contender.plays) holders.set(clusterId, contender.broadcastId);
  const decisions = final.filter((decision) => decision.do !== 'end' || wasStarted(before, decision.broadcastId));
  const stillborn = final.filter((decision) => decision.do === 'end' && !wasStarted(before, decision.broadcastId));
  // It started and was silenced in the same instant: it never sounded.
  for (const decision of stillborn) {
    decisions.push({ do: 'miss', broadcastId: decision.broadcastId, why: 'blocked', by: decision.do === 'end' ? decision.by : [] });
  }
  for (const contender of [...draft.values()].sort(byPrecedence)) {
    const decision = difference(before.get(contender.broadcastId), contender, holders, holds);
    if (decision) decisions.push(decision);
  }
  const place = (decision: Decision): number => {
    if (decision.do === 'start' && draft.get(decision.broadcastId)?.class === 'emergency') return 0;
    return { end: 1, preempt: 2, shift: 3, resume: 4, start: 5, refuse: 6, miss: 7, wait: 8 }[decision.do];
  };
  return decisions
    .map((decision, index) => ({ decision, index }))
    .sort((one, other) => place(one.decision) - place(other.decision) || one.index - other.index)
    .map(({ decision }) => decision);
}

function difference(was: Contender | undefined, is: Contender, holders: Rivals, holds: Holds): Decision | undefined {
  const { broadcastId, plays } = is;
  if (is.phase === 'waiting') {
    if (is.waitsFor.length === 0 || sameIds(was?.waitsFor, is.waitsFor)) return undefined;
    return { do: 'wait', broadcastId, for: is.waitsFor, untilMs: deadlineMs(is) };
  }
  if (is.phase === 'preempted') return was?.phase === 'preempted' ? undefined : { do: 'preempt', broadcastId, by: is.waitsFor };
  const heldOff = rivals(is.clusterIds, plays, (clusterId) => holders.get(clusterId) ?? heldFor(holds, is, clusterId));
  if (!was || was.phase === 'waiting') return { do: 'start', broadcastId, plays, heldOff };
  if (was.phase === 'preempted') return { do: 'resume', broadcastId, plays, heldOff };
  const gained = new Set([...plays].filter((clusterId) => !was.plays.has(clusterId)));
  const lost = rivals(was.plays, plays, (clusterId) => holders.get(clusterId));
  return gained.size + lost.size > 0 ? { do: 'shift', broadcastId, plays, lost, gained } : undefined;
}

function rivals(wanted: ReadonlySet<string>, plays: ReadonlySet<string>, rivalOn: (clusterId: string) => string | undefined): Rivals {
  const found = new Map<string, string>();
  for (const clusterId of wanted) if (!plays.has(clusterId)) found.set(clusterId, rivalOn(clusterId) ?? '');
  return found;
}

function deadlineMs(contender: Contender): number {
  return contender.dueAtMs + contender.latestStartMs;
}

function wasStarted(contenders: AirState['contenders'], broadcastId: string): boolean {
  const contender = contenders.get(broadcastId);
  return contender !== undefined && hasStarted(contender);
}

function idsOf(contenders: readonly Contender[]): string[] {
  return [...new Set(contenders.map((contender) => contender.broadcastId))];
}

function sameIds(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && one.every((id, index) => id === other[index]);
}
