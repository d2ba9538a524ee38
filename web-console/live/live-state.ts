import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import { type Condition, conditionKey } from '../../controller/protocol/conditions.ts';
import type { LiveMessage } from '../../controller/protocol/live-feed.ts';
import type { SpeakerLiveState } from '../../controller/protocol/speaker-state.ts';

/** A broadcast that has ended stays this long in the live state, so that the page can say how it went. */
const KEEP_ENDED_MS = 15 * 60_000;
const ENDED: readonly BroadcastSummary['status'][] = ['finished', 'stopped', 'cut', 'failed', 'missed'];

export type LinkState = 'connecting' | 'live' | 'lost';

/** What the page knows, and of when. A plain immutable value: the reducer below is the only thing that makes a new one. */
export interface LiveState {
  link: LinkState;
  /** Since when the link is lost, page time mapped to the controller's; null while it is live. */
  lostAtMs: number | null;
  /** Controller time of the newest message; null: nothing was ever received. */
  stateAtMs: number | null;
  broadcasts: ReadonlyMap<string, BroadcastSummary>;
  /** By cluster: what the page addresses and shows. */
  speakers: ReadonlyMap<string, SpeakerLiveState>;
  conditions: readonly Condition[];
  /** Counts what may have changed the faults, so that lists that are fetched know when to fetch again. */
  faultsVersion: number;
}

export const NOTHING_KNOWN: LiveState = {
  link: 'connecting',
  lostAtMs: null,
  stateAtMs: null,
  broadcasts: new Map(),
  speakers: new Map(),
  conditions: [],
  faultsVersion: 0,
};

export function isEnded(broadcast: BroadcastSummary): boolean {
  return ENDED.includes(broadcast.status);
}

function withBroadcast(state: LiveState, broadcast: BroadcastSummary, atMs: number): ReadonlyMap<string, BroadcastSummary> {
  const next = new Map(state.broadcasts);
  next.set(broadcast.broadcastId, broadcast);
  for (const [id, known] of next) if (isEnded(known) && (known.endedAtMs ?? 0) < atMs - KEEP_ENDED_MS) next.delete(id);
  return next;
}

/** Pure: the state after one message. Messages that carry fast figures (progress, bulletin) leave it alone. */
export function reduce(state: LiveState, message: LiveMessage): LiveState {
  const known: LiveState = { ...state, stateAtMs: message.atMs, link: 'live', lostAtMs: null };
  switch (message.type) {
    case 'snapshot':
      return {
        ...known,
        broadcasts: new Map(message.broadcasts.map((broadcast) => [broadcast.broadcastId, broadcast])),
        speakers: new Map(message.speakers.map((speaker) => [speaker.clusterId, speaker])),
        conditions: message.conditions,
        // While there was no link faults came and went unseen.
        faultsVersion: state.faultsVersion + 1,
      };
    case 'broadcast':
      return { ...known, broadcasts: withBroadcast(state, message.broadcast, message.atMs) };
    case 'speakers': {
      const speakers = new Map(state.speakers);
      for (const speaker of message.speakers) speakers.set(speaker.clusterId, speaker);
      return { ...known, speakers };
    }
    case 'condition': {
      const { type: _type, atMs, state: now, ...condition } = message;
      const others = state.conditions.filter((other) => conditionKey(other) !== conditionKey(condition));
      const end = now === 'raised' ? {} : { clearedAtMs: atMs, ...(now === 'lapsed' ? { lapsed: true } : {}) };
      return { ...known, conditions: [...others, { ...condition, ...end }] };
    }
    case 'fault':
      return { ...known, faultsVersion: state.faultsVersion + 1 };
    case 'progress':
    case 'bulletin':
    case 'tick':
      return known;
  }
}

/** Whether what is known is only a memory: shown with its date, never as what sounds now. */
export function isStale(state: LiveState): boolean {
  return state.link !== 'live';
}

/** Pure: the link is being made. What was known stays, dated. */
export function linkConnecting(state: LiveState): LiveState {
  return { ...state, link: 'connecting', lostAtMs: null };
}

/** Pure: the link broke. What was known stays, dated. */
export function linkLost(state: LiveState, atMs: number): LiveState {
  return state.link === 'lost' ? state : { ...state, link: 'lost', lostAtMs: atMs };
}

/** Broadcasts that sound, or are about to within seconds, the newest first. */
export function onAir(state: LiveState): BroadcastSummary[] {
  return [...state.broadcasts.values()]
    .filter((broadcast) => broadcast.status === 'on_air' || broadcast.status === 'preparing' || broadcast.status === 'preempted')
    .sort(
      (a, b) =>
        Number(b.status === 'on_air') - Number(a.status === 'on_air') || (b.startedAtMs ?? b.startsAtMs) - (a.startedAtMs ?? a.startsAtMs),
    );
}

export function planned(state: LiveState): BroadcastSummary[] {
  return [...state.broadcasts.values()].filter((broadcast) => broadcast.status === 'planned').sort((a, b) => a.startsAtMs - b.startsAtMs);
}

export function ended(state: LiveState): BroadcastSummary[] {
  return [...state.broadcasts.values()].filter(isEnded).sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
}
