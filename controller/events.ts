import type { BroadcastSummary } from './protocol/broadcasts.ts';
import type { ConditionIdentity } from './protocol/conditions.ts';
import type { ClusterId, SpeakerId } from './protocol/ids.ts';
import type { Receipt } from './protocol/speaker-control.ts';
import type { FaultCode, SpeakerLiveState } from './protocol/speaker-state.ts';

export interface ConditionFact extends ConditionIdentity {
  state: 'raised' | 'cleared' | 'lapsed';
  vi: string;
  en: string;
  /** Old news from then on, epoch ms; absent: it lasts until it is over. */
  untilMs?: number | undefined;
}

/** Facts that have happened. A wish that something happen is an awaited call on the slice that does it, never an event. */
export interface AppEvents {
  'broadcast.changed': { broadcast: BroadcastSummary };
  'broadcast.progress': { broadcastId: string; positionMs: number; levelDb: number };
  'bulletin.changed': { bulletinId: string };
  'bulletin.progress': { bulletinId: string; progress: number };
  'speaker.connected': { speakerId: SpeakerId; clusterId: ClusterId };
  'speaker.disconnected': { speakerId: SpeakerId; clusterId: ClusterId; reason: string };
  'speaker.changed': { state: SpeakerLiveState };
  /** It was handed in and is about to be stored. */
  'receipt.arrived': { speakerId: SpeakerId; clusterId: ClusterId; receipt: Receipt };
  /** It is stored. */
  'speaker.receipt': { speakerId: SpeakerId; clusterId: ClusterId; receipt: Receipt };
  'fault.raised': { faultId: string; speakerId: SpeakerId; clusterId: ClusterId; code: FaultCode; atMs: number };
  'fault.cleared': { faultId: string; speakerId: SpeakerId; clusterId: ClusterId; code: FaultCode; atMs: number };
  /** The system's clock was set by more than 1.5 s; `isHeld`: we follow when what sounds is over. */
  'clock.stepped': { deltaMs: number; isHeld: boolean };
  /** What a slice finds. `lapsed`: over without having been put right. Words may be empty at the end: then those of the beginning stay. */
  'system.condition': ConditionFact;
  /** What is new of it to a person; telemetry/conditions.ts tells it. */
  'condition.changed': ConditionFact;
}

export type AppEventName = keyof AppEvents;

export interface Events {
  emit<Name extends AppEventName>(name: Name, fact: AppEvents[Name]): void;
  /** Returns the function that ends the subscription. */
  on<Name extends AppEventName>(name: Name, listener: (fact: AppEvents[Name]) => void): () => void;
}

/** One listener's failure never reaches another listener nor the emitter. */
export function createEvents(onListenerError: (name: AppEventName, error: unknown) => void): Events {
  const listeners = new Map<AppEventName, Set<(fact: never) => void>>();
  return {
    emit(name, fact) {
      for (const listener of listeners.get(name) ?? []) {
        try {
          (listener as (value: typeof fact) => void)(fact);
        } catch (error) {
          onListenerError(name, error);
        }
      }
    },
    on(name, listener) {
      let set = listeners.get(name);
      if (!set) {
        set = new Set();
        listeners.set(name, set);
      }
      set.add(listener as (fact: never) => void);
      return () => void set.delete(listener as (fact: never) => void);
    },
  };
}
