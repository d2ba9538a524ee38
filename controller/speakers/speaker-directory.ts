import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { ClusterId, HamletId, SpeakerId } from '../protocol/ids.ts';
import type { MediaGrant, ToSpeakerBody } from '../protocol/speaker-control.ts';
import type { SpeakerLiveState } from '../protocol/speaker-state.ts';

/** What broadcasts/ needs of the speakers. */
export interface SpeakerDirectory {
  /** Live states of all enrolled speakers. */
  states(): readonly SpeakerLiveState[];
  state(speakerId: SpeakerId): SpeakerLiveState | undefined;
  /** The speaker that stands on this cluster, if one is enrolled. */
  speakerOf(clusterId: ClusterId): SpeakerId | undefined;
  clusterOf(speakerId: SpeakerId): { clusterId: ClusterId; hamletId: HamletId } | undefined;
  /** How long this speaker's amplifier needs from power-down to full sound, ms, by its own hello; 0 before it has said hello. */
  wakeUpMs(speakerId: SpeakerId): number;
  isConnected(speakerId: SpeakerId): boolean;
  /** Asks a connected speaker for a sign of life: `lastBeatMs` of its state is of after this within a round trip, if it is there. */
  askForSign(speakerId: SpeakerId): void;
  /** Sends when connected; false when it is not (nothing is queued: state is granted anew at reconnection). */
  send(speakerId: SpeakerId, message: ToSpeakerBody): boolean;
  /**
   * Playout delay for this speaker and class, ms, from round trip and jitter of the network paths: one value for a hamlet, enough for the
   * slowest, so that neighbours stay together; its own for a pole that is far slower than its neighbours.
   */
  playoutDelayMs(speakerId: SpeakerId, broadcastClass: BroadcastClass): number;
  /** Whether that delay is the pole's own. */
  playsApart(speakerId: SpeakerId, broadcastClass: BroadcastClass): boolean;
}

/** What the control channel needs of broadcasts/: a path with every channel the speaker belongs on at this moment. */
export interface SpeakerMediaGranter {
  /** @param reachedAt our own address at which the speaker's control connection arrived: media can be had there too */
  grant(speakerId: SpeakerId, families: readonly ('ipv4' | 'ipv6')[], reachedAt?: string): Promise<MediaGrant>;
  release(speakerId: SpeakerId): void;
}
