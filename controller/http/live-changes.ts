import type { Clock, Timer } from '../clock.ts';
import type { Events } from '../events.ts';
import type { LiveMessage } from '../protocol/live-feed.ts';
import type { SpeakerLiveState } from '../protocol/speaker-state.ts';

/** A storm of heartbeats becomes four messages a second; a person sees no difference. */
const BATCH_MS = 250;
/** In one message: of thousands the encoding alone would hold the event loop. */
const SPEAKERS_A_MESSAGE = 100;

type Progress = Extract<LiveMessage, { type: 'progress' | 'bulletin' }>;
type WithoutTime<Message> = Message extends unknown ? Omit<Message, 'atMs'> : never;

export interface LiveChanges {
  start(): void;
  close(): void;
}

interface LiveChangesDeps {
  events: Events;
  clock: Clock;
  /** `optional`: the next one replaces it. */
  send(message: LiveMessage, options: { optional: boolean }): void;
}

/** Turns the controller's events into the feed's messages: facts at once, states and progress in batches of the newest. */
export function createLiveChanges({ events, clock, send }: LiveChangesDeps): LiveChanges {
  const speakers = new Map<string, SpeakerLiveState>();
  const progress = new Map<string, Progress>();
  let stops: (() => void)[] = [];
  let batch: Timer | undefined;

  const now = (message: WithoutTime<LiveMessage>): void => send({ ...message, atMs: clock.nowMs() } as LiveMessage, { optional: false });

  function flush(): void {
    batch = undefined;
    const atMs = clock.nowMs();
    const states = [...speakers.values()];
    speakers.clear();
    for (let from = 0; from < states.length; from += SPEAKERS_A_MESSAGE)
      send({ type: 'speakers', atMs, speakers: states.slice(from, from + SPEAKERS_A_MESSAGE) }, { optional: false });
    for (const message of progress.values()) send({ ...message, atMs }, { optional: true });
    progress.clear();
  }

  function batched(): void {
    batch ??= clock.after('live feed batch', BATCH_MS, flush);
  }

  return {
    start() {
      if (stops.length > 0) return;
      stops = [
        events.on('broadcast.changed', ({ broadcast }) => {
          // What was measured before the change may contradict it.
          progress.delete(broadcast.broadcastId);
          now({ type: 'broadcast', broadcast });
        }),
        events.on('broadcast.progress', (fact) => {
          progress.set(fact.broadcastId, { type: 'progress', atMs: 0, ...fact });
          batched();
        }),
        events.on('bulletin.changed', ({ bulletinId }) => {
          progress.delete(bulletinId);
          now({ type: 'bulletin', bulletinId, progress: null });
        }),
        events.on('bulletin.progress', (fact) => {
          progress.set(fact.bulletinId, { type: 'bulletin', atMs: 0, ...fact });
          batched();
        }),
        events.on('speaker.changed', ({ state }) => {
          speakers.set(state.speakerId, state);
          batched();
        }),
        events.on('fault.raised', ({ atMs: _at, ...fact }) => now({ type: 'fault', ...fact, state: 'raised' })),
        events.on('fault.cleared', ({ atMs: _at, ...fact }) => now({ type: 'fault', ...fact, state: 'cleared' })),
        events.on('condition.changed', (fact) => now({ type: 'condition', ...fact })),
      ];
    },
    close() {
      for (const stop of stops) stop();
      stops = [];
      batch?.cancel();
      batch = undefined;
      speakers.clear();
      progress.clear();
    },
  };
}
