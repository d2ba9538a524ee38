import { type LiveState, NOTHING_KNOWN } from './live-state.ts';

const KEY = 'loa-xa.last-state';

/**
 * The last known state, kept in the browser: shown, with its date, before the network answers and while it is gone.
 * Figures of single speakers are left out; they would be old and they are most of the size.
 */
export function keepState(storage: Storage, state: LiveState): void {
  const kept = {
    stateAtMs: state.stateAtMs,
    broadcasts: [...state.broadcasts.values()],
    speakers: [...state.speakers.values()].map((speaker) => ({ ...speaker, telemetry: null })),
    conditions: state.conditions,
  };
  try {
    storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A full or forbidden storage only means that there is nothing to show next time.
    storage.removeItem(KEY);
  }
}

/** What was kept, or nothing. A copy that can't be read is thrown away. */
export function readKeptState(storage: Storage): LiveState {
  const text = storage.getItem(KEY);
  if (!text) return NOTHING_KNOWN;
  try {
    const kept = JSON.parse(text) as {
      stateAtMs: number | null;
      broadcasts: LiveState['broadcasts'] extends ReadonlyMap<string, infer B> ? B[] : never;
      speakers: LiveState['speakers'] extends ReadonlyMap<string, infer S> ? S[] : never;
      conditions: LiveState['conditions'];
    };
    return {
      ...NOTHING_KNOWN,
      stateAtMs: kept.stateAtMs,
      broadcasts: new Map(kept.broadcasts.map((broadcast) => [broadcast.broadcastId, broadcast])),
      speakers: new Map(kept.speakers.map((speaker) => [speaker.clusterId, speaker])),
      conditions: kept.conditions,
    };
  } catch {
    storage.removeItem(KEY);
    return NOTHING_KNOWN;
  }
}

/** At sign-out nothing of the commune stays on a shared computer. */
export function forgetKeptState(storage: Storage): void {
  storage.removeItem(KEY);
}
