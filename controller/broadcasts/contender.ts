import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import { rankOf } from '../protocol/broadcast-class.ts';
import type { BroadcastRecord } from './record.ts';

/** One broadcast as arbitration sees it: what it wants, since when, and what it has. Immutable. */
export interface Contender {
  readonly broadcastId: string;
  readonly class: BroadcastClass;
  readonly clusterIds: ReadonlySet<string>;
  /** When it is to take its clusters, epoch ms. Before that it neither takes nor blocks anything. */
  readonly dueAtMs: number;
  /** How long after `dueAtMs` it may still start; then it is missed. */
  readonly latestStartMs: number;
  /** How long it may be pre-empted everywhere and still be taken up again. */
  readonly longestPauseMs: number;
  readonly onPreempted: 'resume' | 'end';
  /** Order of acceptance; breaks ties. */
  readonly order: number;
  /** Whether its sound can start: the channel is open and a speaker is there. */
  readonly ready: boolean;
  /** Once begun it flows on while something higher has its clusters: who stays on its channel hears it as soon as that falls silent. */
  readonly flowsOn: boolean;
  /** An emergency once more for those who missed it: every other emergency goes before it. */
  readonly isMakeUp: boolean;
  /** A correction or an all-clear: an older emergency does not come back where it was said. */
  readonly endsOlder: boolean;
  readonly phase: 'waiting' | 'on_air' | 'preempted';
  readonly startedAtMs: number | null;
  readonly preemptedAtMs: number | null;
  /** The clusters on which it sounds now. */
  readonly plays: ReadonlySet<string>;
  /** Lost for good (`onPreempted: 'end'`). */
  readonly forfeited: ReadonlySet<string>;
  /** Why it is not on the air: the broadcasts in its way. */
  readonly waitsFor: readonly string[];
}

/** After an emergency: where nothing lower may begin or go on until those who missed it have got it again. What sounds there already goes on. */
export interface Hold {
  readonly clusterIds: ReadonlySet<string>;
  /** At the latest, epoch ms. */
  readonly untilMs: number;
}

export interface AirState {
  /** All broadcasts that are due soon, waiting, on the air or pre-empted, by their ids. */
  readonly contenders: ReadonlyMap<string, Contender>;
  /** By the id of the emergency, which may be over. */
  readonly holds: ReadonlyMap<string, Hold>;
}

export const SILENT_AIR: AirState = { contenders: new Map(), holds: new Map() };

export type NewContender = Pick<
  Contender,
  | 'broadcastId'
  | 'class'
  | 'clusterIds'
  | 'dueAtMs'
  | 'latestStartMs'
  | 'longestPauseMs'
  | 'onPreempted'
  | 'order'
  | 'ready'
  | 'flowsOn'
  | 'isMakeUp'
  | 'endsOlder'
>;

const NONE: ReadonlySet<string> = new Set();

export function newContender(fields: NewContender): Contender {
  return { ...fields, phase: 'waiting', startedAtMs: null, preemptedAtMs: null, plays: NONE, forfeited: NONE, waitsFor: [] };
}

/** What a broadcast wants of the air. */
export function contenderOf(record: BroadcastRecord, when: Pick<NewContender, 'dueAtMs' | 'ready' | 'order'>): NewContender {
  return {
    broadcastId: record.broadcastId,
    class: record.class,
    clusterIds: new Set(record.clusterIds),
    latestStartMs: record.latestStartMs,
    longestPauseMs: defaultLongestPauseMs(record.class),
    onPreempted: record.onPreempted,
    flowsOn: record.content.kind !== 'bulletin',
    isMakeUp: record.makesUpFor !== null,
    endsOlder: record.emergencyKind !== null && record.emergencyKind !== 'warning',
    ...when,
  };
}

export function hasStarted(contender: Contender): boolean {
  return contender.phase !== 'waiting';
}

/** Whether the contender wants this cluster and has not lost it for good. */
export function claims(contender: Contender, clusterId: string): boolean {
  return contender.clusterIds.has(clusterId) && !contender.forfeited.has(clusterId);
}

/** The emergency for whose sake this one may not begin to sound on the cluster; undefined: it may, or it sounds there already. */
export function heldFor(holds: AirState['holds'], contender: Pick<Contender, 'class' | 'plays'>, clusterId: string): string | undefined {
  if (contender.class === 'emergency' || contender.plays.has(clusterId)) return undefined;
  for (const [broadcastId, hold] of holds) if (hold.clusterIds.has(clusterId)) return broadcastId;
  return undefined;
}

export function overlap(one: Contender, other: Contender): boolean {
  for (const clusterId of one.clusterIds) if (claims(one, clusterId) && claims(other, clusterId)) return true;
  return false;
}

/**
 * Order of two that have both started, for a cluster that both claim: negative when `one` plays. The higher class; among equals
 * the one that started first, but the newer of two emergencies: the one that was due later, however long each took to begin.
 */
export function byPrecedence(one: Contender, other: Contender): number {
  const byRank = rankOf(other.class) - rankOf(one.class);
  if (byRank !== 0) return byRank;
  if (one.class === 'emergency') {
    return Number(one.isMakeUp) - Number(other.isMakeUp) || other.dueAtMs - one.dueAtMs || other.order - one.order;
  }
  return (one.startedAtMs ?? 0) - (other.startedAtMs ?? 0) || one.order - other.order;
}

/** Order in which waiting ones are considered: the higher class, then the earlier due, then the earlier accepted. */
export function byTurn(one: Contender, other: Contender): number {
  return rankOf(other.class) - rankOf(one.class) || one.dueAtMs - other.dueAtMs || one.order - other.order;
}

const MINUTE_MS = 60_000;

/** How late a broadcast of this class still makes sense when nobody said otherwise. */
export function defaultLatestStartMs(broadcastClass: BroadcastClass): number {
  return { normal: 10, relay: 10, priority: 60, live: 1, emergency: 24 * 60 }[broadcastClass] * MINUTE_MS;
}

/** How long a broadcast may be silenced everywhere and still go on afterwards: nobody wants the five o'clock news at ten at night. */
export function defaultLongestPauseMs(broadcastClass: BroadcastClass): number {
  return { normal: 60, relay: 60, priority: 120, live: 60, emergency: 24 * 60 }[broadcastClass] * MINUTE_MS;
}
