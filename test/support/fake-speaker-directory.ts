import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { ToSpeakerBody } from '../../controller/protocol/speaker-control.ts';
import type { SpeakerLiveState } from '../../controller/protocol/speaker-state.ts';
import type { SpeakerDirectory } from '../../controller/speakers/speaker-directory.ts';

/** Speakers as broadcasts/ sees them: one on each cluster (`ap-01-c1` -> `LX-AP-01-C1`), connected when the test says so. */
export interface FakeSpeakerDirectory extends SpeakerDirectory {
  connect(clusterId: string): string;
  disconnect(clusterId: string): void;
  /** Its own report: it sounds this broadcast (null: silent). */
  report(clusterId: string, broadcastId: string | null): void;
  /** More of its live state, from now on. */
  show(clusterId: string, state: Partial<SpeakerLiveState>): void;
  /** What a connected speaker does when it is asked for a sign of life; nothing unless said. */
  onAskForSign(answer: (speakerId: string) => void): void;
  /** Everything that was sent to it, in order. */
  sent(clusterId: string): ToSpeakerBody[];
  /** Its amplifier needs so long; 0 unless said. */
  setWakeUp(clusterId: string, wakeUpMs: number): void;
  setDelay(broadcastClass: BroadcastClass, hamletId: string, delayMs: number): void;
  /** This pole is far off its neighbours and has a delay of its own, for every class. */
  setApart(clusterId: string, delayMs: number): void;
}

export function createFakeSpeakerDirectory(clusterIds: readonly string[]): FakeSpeakerDirectory {
  const speakerOf = (clusterId: string): string => `LX-${clusterId.toUpperCase()}`;
  const hamletOf = (clusterId: string): string => clusterId.replace(/-c\d+$/, '');
  const places = new Map(clusterIds.map((clusterId) => [speakerOf(clusterId), clusterId]));
  const connected = new Set<string>();
  const playing = new Map<string, string>();
  const messages = new Map<string, ToSpeakerBody[]>();
  const delays = new Map<string, number>();
  const shown = new Map<string, Partial<SpeakerLiveState>>();
  const wakeUps = new Map<string, number>();
  const apart = new Map<string, number>();
  let asked: (speakerId: string) => void = () => undefined;
  const stateOf = (speakerId: string): SpeakerLiveState => {
    const clusterId = places.get(speakerId) ?? '';
    const broadcastId = playing.get(speakerId) ?? null;
    const rung = broadcastId ? 'playing' : connected.has(speakerId) ? 'connected' : 'offline';
    return {
      speakerId,
      clusterId,
      hamletId: hamletOf(clusterId),
      rung,
      sinceMs: 0,
      lastBeatMs: 0,
      roundTripMs: 5,
      broadcastId,
      muted: false,
      faults: [],
      telemetry: null,
      ...shown.get(speakerId),
    };
  };
  return {
    states: () => [...places.keys()].map(stateOf),
    state: (speakerId) => (places.has(speakerId) ? stateOf(speakerId) : undefined),
    speakerOf: (clusterId) => (places.has(speakerOf(clusterId)) ? speakerOf(clusterId) : undefined),
    clusterOf: (speakerId) => {
      const clusterId = places.get(speakerId);
      return clusterId === undefined ? undefined : { clusterId, hamletId: hamletOf(clusterId) };
    },
    wakeUpMs: (speakerId) => wakeUps.get(speakerId) ?? 0,
    isConnected: (speakerId) => connected.has(speakerId),
    askForSign(speakerId) {
      if (connected.has(speakerId)) asked(speakerId);
    },
    send(speakerId, message) {
      if (!connected.has(speakerId)) return false;
      const list = messages.get(speakerId) ?? [];
      list.push(message);
      messages.set(speakerId, list);
      return true;
    },
    playoutDelayMs: (speakerId, broadcastClass) =>
      apart.get(speakerId) ??
      delays.get(`${broadcastClass} ${hamletOf(places.get(speakerId) ?? '')}`) ??
      { normal: 1000, relay: 1000, priority: 1000, live: 100, emergency: 200 }[broadcastClass],
    playsApart: (speakerId) => apart.has(speakerId),
    connect(clusterId) {
      connected.add(speakerOf(clusterId));
      return speakerOf(clusterId);
    },
    disconnect(clusterId) {
      connected.delete(speakerOf(clusterId));
      playing.delete(speakerOf(clusterId));
    },
    report(clusterId, broadcastId) {
      if (broadcastId === null) playing.delete(speakerOf(clusterId));
      else playing.set(speakerOf(clusterId), broadcastId);
    },
    show: (clusterId, state) => void shown.set(speakerOf(clusterId), { ...shown.get(speakerOf(clusterId)), ...state }),
    onAskForSign(answer) {
      asked = answer;
    },
    sent: (clusterId) => messages.get(speakerOf(clusterId)) ?? [],
    setWakeUp: (clusterId, wakeUpMs) => void wakeUps.set(speakerOf(clusterId), wakeUpMs),
    setApart: (clusterId, delayMs) => void apart.set(speakerOf(clusterId), delayMs),
    setDelay: (broadcastClass, hamletId, delayMs) => void delays.set(`${broadcastClass} ${hamletId}`, delayMs),
  };
}
