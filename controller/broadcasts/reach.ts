import type { SpeakerLiveState } from '../protocol/speaker-state.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';

/** How many clusters can be reached now, and of the others how many for what reason: each calls for something else. */
export interface Reach {
  connected: number;
  /** Was connected before. */
  offline: number;
  /** Its speaker stands in the list and has never called. */
  neverConnected: number;
  withoutSpeaker: number;
}

interface Speakers extends Pick<SpeakerDirectory, 'speakerOf' | 'isConnected'> {
  state(speakerId: string): Pick<SpeakerLiveState, 'lastBeatMs'> | undefined;
}

export function reachOf(clusterIds: readonly string[], speakers: Speakers): Reach {
  const reach: Reach = { connected: 0, offline: 0, neverConnected: 0, withoutSpeaker: 0 };
  for (const clusterId of clusterIds) {
    const speakerId = speakers.speakerOf(clusterId);
    if (speakerId === undefined) reach.withoutSpeaker += 1;
    else if (speakers.isConnected(speakerId)) reach.connected += 1;
    else if (speakers.state(speakerId)?.lastBeatMs === null) reach.neverConnected += 1;
    else reach.offline += 1;
  }
  return reach;
}
