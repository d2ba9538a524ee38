import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { SpeakerLiveState, SpeakerRung } from '../../controller/protocol/speaker-state.ts';
import type { Tone } from '../design/tokens.ts';

/** What must sound on a cluster. */
export interface Due {
  broadcastId: string;
  /** Since when it can sound there. */
  sinceMs: number;
}

/** How many of the five segments are full: connected 1, receiving 2, decoding 3, drawing 4, heard 5. */
const SEGMENTS: Record<SpeakerRung, number> = { offline: 0, connected: 1, receiving: 2, decoding: 3, playing: 4, heard: 5 };

/** A speaker gets this long after a broadcast began before its silence is called a fault (buffer, network, report on its way). */
export const GRACE_MS = 5_000;

/**
 * What may be said of one cluster. `ready`: connected, and nothing is due on it. `sounding`: it reports sound of what is due.
 * `starting`: sound is due since a moment. `check`: connected but without the proof that is due, or with a fault.
 * `silent`: sound is due and it is offline or known to be mute. `offline`: nothing is due and it does not answer.
 * `muted`: connected, silenced by a person, and no emergency is due. `unknown`: never heard of, or no return channel. Anything not listed here is unknown, never fine.
 */
export type ClusterWord = 'ready' | 'starting' | 'sounding' | 'heard' | 'check' | 'silent' | 'offline' | 'muted' | 'unknown';

export interface Evidence {
  word: ClusterWord;
  tone: Tone;
  /** 0 to 5. */
  segments: number;
  /** Since when, controller time; null when nothing is known. */
  sinceMs: number | null;
}

const TONE_OF: Record<ClusterWord, Tone> = {
  ready: 'quiet',
  starting: 'unknown',
  sounding: 'onAir',
  heard: 'onAir',
  check: 'warn',
  silent: 'silent',
  offline: 'warn',
  muted: 'quiet',
  unknown: 'unknown',
};

/** Named to the technician and no reason for a visit today: the pole sounds, later than its neighbours. */
const MERE_NOTES: readonly string[] = ['slow_path'];
const MUTE_FAULTS: readonly string[] = ['amplifier_failed', 'line_open', 'silent_while_playing', 'power_lost'];

function wordOf(speaker: SpeakerLiveState | undefined, due: Due | undefined, nowMs: number): ClusterWord {
  if (!speaker || (speaker.rung === 'offline' && speaker.lastBeatMs === null)) return 'unknown';
  if (!due) {
    if (speaker.rung === 'offline') return 'offline';
    if (speaker.faults.some((fault) => !MERE_NOTES.includes(fault))) return 'check';
    return speaker.muted ? 'muted' : 'ready';
  }
  if (speaker.rung === 'offline') return 'silent';
  const mute = speaker.faults.some((fault) => MUTE_FAULTS.includes(fault));
  if (mute) return 'silent';
  if (speaker.broadcastId === due.broadcastId && speaker.rung === 'heard') return 'heard';
  if (speaker.broadcastId === due.broadcastId && speaker.rung === 'playing') return 'sounding';
  return nowMs - due.sinceMs < GRACE_MS ? 'starting' : 'check';
}

/** Pure: what the console may say about a cluster, from what is proven and what is due. Colour is the gap between the two. */
export function evidenceOf(speaker: SpeakerLiveState | undefined, due: Due | undefined, nowMs: number): Evidence {
  const word = wordOf(speaker, due, nowMs);
  return {
    word,
    tone: TONE_OF[word],
    segments: speaker && word !== 'unknown' ? SEGMENTS[speaker.rung] : 0,
    sinceMs: speaker?.sinceMs ?? null,
  };
}

/** Worst first: what needs a person, then what is unknown, then what is normal. */
const URGENCY: Record<ClusterWord, number> = {
  silent: 0,
  check: 1,
  offline: 2,
  unknown: 3,
  starting: 4,
  sounding: 5,
  heard: 5,
  muted: 6,
  ready: 7,
};

export function needsAttention(word: ClusterWord): boolean {
  return URGENCY[word] <= 2;
}

export function byUrgency(a: Evidence, b: Evidence): number {
  return URGENCY[a.word] - URGENCY[b.word];
}

const RANK = { normal: 0, relay: 1, priority: 2, live: 3, emergency: 4 } as const;

/** Whether `one` plays where both are on the air, as the server's arbitration has it: the higher class, else the older; but the newer of two emergencies. */
function goesBefore(one: BroadcastSummary, other: BroadcastSummary): boolean {
  if (one.class !== other.class) return RANK[one.class] > RANK[other.class];
  const isOlder = startOf(one) < startOf(other);
  return one.class === 'emergency' ? !isOlder : isOlder;
}

const startOf = (broadcast: BroadcastSummary): number => broadcast.startedAtMs ?? broadcast.startsAtMs;

/**
 * What is due on a cluster now: of the broadcasts on the air there the one that plays. Not one that the server holds off this cluster; it must
 * not be missed there. Nor, on a muted cluster, anything but an emergency. `known` holds those that ended too: the cluster they free gets a moment to go on with what waited.
 */
export function dueOn(clusterId: string, known: readonly BroadcastSummary[], isMuted = false): Due | undefined {
  const letOut = isMuted ? known.filter((broadcast) => broadcast.class === 'emergency') : known;
  const here = letOut.filter((broadcast) => broadcast.clusterIds.includes(clusterId));
  let due: BroadcastSummary | undefined;
  for (const broadcast of here) {
    if (broadcast.status !== 'on_air' || broadcast.heldOffClusterIds?.includes(clusterId)) continue;
    if (!due || goesBefore(broadcast, due)) due = broadcast;
  }
  if (!due) return undefined;
  return { broadcastId: due.broadcastId, sinceMs: Math.max(startOf(due), ...here.map((broadcast) => broadcast.endedAtMs ?? 0)) };
}

export interface HamletSummary {
  total: number;
  /** Clusters on which something is due. */
  due: number;
  sounding: number;
  ready: number;
  attention: number;
  unknown: number;
}

export function summarise(all: readonly Evidence[], dueCount: number): HamletSummary {
  return {
    total: all.length,
    due: dueCount,
    sounding: all.filter((evidence) => evidence.word === 'sounding' || evidence.word === 'heard').length,
    ready: all.filter((evidence) => evidence.word === 'ready').length,
    attention: all.filter((evidence) => needsAttention(evidence.word)).length,
    unknown: all.filter((evidence) => evidence.word === 'unknown').length,
  };
}
