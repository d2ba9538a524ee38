import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { fire, type StartRequest, stopBroadcast } from '../../api/broadcasts.ts';
import { type MicrophonePath, openMicrophonePath } from './live-session.ts';
import type { MicrophoneInput } from './microphone-input.ts';
import { SERVER_LIMIT_MS } from './speaking.ts';

/** One speech, from the opened microphone to its end. It outlives the page that was left: what it started must still be ended. */
export interface Attempt {
  request: StartRequest;
  readonly input: MicrophoneInput;
  path: MicrophonePath | undefined;
  /** Whoever began it went away. */
  left: boolean;
}

/** Nothing is heard from it any more, and nothing is held open for it. */
export function letGo(attempt: Attempt): void {
  attempt.input.track.enabled = false;
  attempt.path?.close();
  attempt.path = undefined;
  attempt.input.close();
}

/**
 * Opens the path and starts the broadcast. Undefined: it was given up on the way (the page was left, the microphone failed), and
 * whatever had been started was ended. Throws what the server refused.
 */
export async function putOnAir(attempt: Attempt, onUnknown: () => void): Promise<BroadcastSummary | undefined> {
  const path = await openMicrophonePath(attempt.input.track);
  if (attempt.left || attempt.input.trouble) {
    path.close();
    return undefined;
  }
  attempt.path = path;
  attempt.request = {
    ...attempt.request,
    content: { kind: 'microphone', microphoneId: path.microphoneId, maxDurationMs: SERVER_LIMIT_MS },
  };
  const fired = await fire(attempt.request, onUnknown);
  if (fired.outcome === 'refused') throw fired.problem;
  if (!attempt.left) return fired.broadcast;
  await stopBroadcast(attempt.request.broadcastId);
  return undefined;
}
