import type { ChannelDescription, SpeakerConfig } from '../../controller/protocol/speaker-control.ts';

export type LoudnessSettings = Pick<SpeakerConfig, 'volumeDb' | 'muted' | 'emergencyVolumeDb'>;
type Loud = Pick<ChannelDescription, 'class' | 'gainDb'>;

/** How loud this pole plays what. An emergency has a volume of its own: nothing that somebody set for bulletins reaches it. */
export class Loudness {
  settings: LoudnessSettings = { volumeDb: 0, muted: false, emergencyVolumeDb: 0 };

  /** From the programme's level to the amplifier's, dB. */
  gainDb({ class: broadcastClass, gainDb }: Loud): number {
    const { volumeDb, emergencyVolumeDb } = this.settings;
    return gainDb + (broadcastClass === 'emergency' ? emergencyVolumeDb : volumeDb);
  }

  /** Whether sound of this channel is let out at all. */
  isMuted({ class: broadcastClass }: Pick<Loud, 'class'>): boolean {
    return this.settings.muted && broadcastClass !== 'emergency';
  }
}
