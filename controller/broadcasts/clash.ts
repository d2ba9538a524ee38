import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import { step } from './arbitration.ts';
import { defaultLatestStartMs, defaultLongestPauseMs, type NewContender, SILENT_AIR } from './contender.ts';

/** A broadcast that is only planned yet. */
export interface PlannedPlaying {
  /** Decides between equals that start at the same instant, for want of an order of acceptance. */
  id: string;
  class: BroadcastClass;
  clusterIds: readonly string[];
  startsAtMs: number;
  /** null: not known; then it clashes with nothing after its start. */
  durationMs: number | null;
  latestStartMs: number | undefined;
  onPreempted: 'resume' | 'end';
}

/** What becomes of two that want some of the same clusters at the same time. */
export interface Clash {
  winner: 'one' | 'other';
  loserThen: 'waits' | 'resumes' | 'ends' | 'missed';
}

/** Asks arbitration itself, ahead of time. undefined: they don't meet. */
export function clashOf(one: PlannedPlaying, other: PlannedPlaying): Clash | undefined {
  const isOtherFirst = other.startsAtMs < one.startsAtMs || (other.startsAtMs === one.startsAtMs && other.id < one.id);
  const [first, second] = isOtherFirst ? [other, one] : [one, other];
  const firstEndsMs = first.startsAtMs + (first.durationMs ?? 0);
  const firstClusters = new Set(first.clusterIds);
  const isTogether = first.startsAtMs === second.startsAtMs;
  if ((!isTogether && second.startsAtMs >= firstEndsMs) || !second.clusterIds.some((clusterId) => firstClusters.has(clusterId)))
    return undefined;
  const name = (playing: PlannedPlaying): 'one' | 'other' => (playing === one ? 'one' : 'other');

  // Both are known before either is due, as planned broadcasts are.
  const beforeMs = first.startsAtMs - 1;
  const known = step(SILENT_AIR, { type: 'admitted', contender: contender('first', first, 1) }, beforeMs).state;
  const both = step(known, { type: 'admitted', contender: contender('second', second, 2) }, beforeMs).state;
  const begun = isTogether ? both : step(both, { type: 'tick' }, first.startsAtMs).state;
  const { decisions } = step(begun, { type: 'tick' }, second.startsAtMs);
  const waiting = decisions.find((decision) => decision.do === 'wait');
  if (waiting?.do === 'wait') {
    const winner = waiting.broadcastId === 'second' ? first : second;
    const winnerEndsMs = winner.startsAtMs + (winner.durationMs ?? 0);
    return { winner: name(winner), loserThen: waiting.untilMs < winnerEndsMs ? 'missed' : 'waits' };
  }
  for (const decision of decisions) {
    const isSecond = decision.broadcastId === 'second';
    if (decision.do === 'refuse') return { winner: name(first), loserThen: 'missed' };
    if (decision.do === 'start' && decision.heldOff.size > 0) {
      const [winner, loser] = isSecond ? [first, second] : [second, first];
      return { winner: name(winner), loserThen: loser.onPreempted === 'end' ? 'ends' : 'resumes' };
    }
    if (!isSecond && (decision.do === 'preempt' || decision.do === 'shift'))
      return { winner: name(second), loserThen: first.onPreempted === 'end' ? 'ends' : 'resumes' };
    if (!isSecond && decision.do === 'end') return { winner: name(second), loserThen: 'ends' };
  }
  return undefined;
}

function contender(broadcastId: string, playing: PlannedPlaying, order: number): NewContender {
  return {
    broadcastId,
    class: playing.class,
    clusterIds: new Set(playing.clusterIds),
    dueAtMs: playing.startsAtMs,
    latestStartMs: playing.latestStartMs ?? defaultLatestStartMs(playing.class),
    longestPauseMs: defaultLongestPauseMs(playing.class),
    onPreempted: playing.onPreempted,
    order,
    ready: true,
    flowsOn: false,
    isMakeUp: false,
    endsOlder: false,
  };
}
