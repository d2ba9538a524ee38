import {
  IconAlertTriangle,
  IconBolt,
  IconBroadcast,
  IconDownload,
  IconEar,
  IconHelpCircle,
  IconHourglass,
  IconPlugConnected,
  IconPlugConnectedX,
  IconVolumeOff,
  IconWaveSine,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { SpeakerRung } from '../../controller/protocol/speaker-state.ts';
import { useMessages } from '../i18n/messages.ts';
import type { ClusterWord, Evidence } from '../live/evidence.ts';
import { Age } from './age.tsx';
import classes from './state-bar.module.css';
import type { Tone } from './tokens.ts';

const ICON_SIZE = '1.1em';
const RUNG_ICONS = {
  offline: IconPlugConnectedX,
  connected: IconPlugConnected,
  receiving: IconDownload,
  decoding: IconWaveSine,
  playing: IconBolt,
  heard: IconEar,
} satisfies Record<SpeakerRung, unknown>;
const WORD_ICONS = {
  ready: IconPlugConnected,
  starting: IconHourglass,
  sounding: IconBroadcast,
  heard: IconEar,
  check: IconAlertTriangle,
  silent: IconVolumeOff,
  offline: IconPlugConnectedX,
  unknown: IconHelpCircle,
} satisfies Record<ClusterWord, unknown>;

const kebab = (tone: Tone): string => (tone === 'onAir' ? 'on-air' : tone);

/** A word on its tone's ground, with its icon: the smallest thing that may carry a state. Never colour alone. */
export function StateChip({ tone, icon, children }: { tone: Tone; icon: ReactNode; children: ReactNode }) {
  return (
    <span className={`${classes.chip} tone-${kebab(tone)}`}>
      {icon}
      <span>{children}</span>
    </span>
  );
}

/** The five rungs of proof as segments. For the eye only; the word beside it says it. */
export function Segments({ evidence }: { evidence: Evidence }) {
  return (
    <span className={`${classes.bar} ${evidence.word === 'unknown' ? classes.unknown : ''}`} aria-hidden="true">
      {[1, 2, 3, 4, 5].map((rung) => (
        <span key={rung} className={`${classes.segment} ${rung <= evidence.segments ? classes.full : ''}`} />
      ))}
    </span>
  );
}

export function WordChip({ word, tone }: { word: ClusterWord; tone: Tone }) {
  const t = useMessages();
  const Icon = WORD_ICONS[word];
  return (
    <StateChip tone={tone} icon={<Icon size={ICON_SIZE} aria-hidden="true" />}>
      {t.state.word[word]}
    </StateChip>
  );
}

/**
 * State of one cluster: five segments, icon, word, age. With `rung` (the technician's view) the word is the rung itself,
 * on the tone of the gap between what is due and what is proven.
 */
export function StateBar({ evidence, rung, withAge = true }: { evidence: Evidence; rung?: SpeakerRung; withAge?: boolean }) {
  const t = useMessages();
  const RungIcon = rung && evidence.word !== 'unknown' ? RUNG_ICONS[rung] : undefined;
  return (
    <span className={classes.state}>
      <Segments evidence={evidence} />
      <WordChip word={evidence.word} tone={evidence.tone} />
      {rung && RungIcon && (
        <span className={classes.age}>
          <RungIcon size={ICON_SIZE} aria-hidden="true" /> {t.state.rung[rung]}
        </span>
      )}
      {withAge && evidence.sinceMs !== null && (
        <span className={classes.age}>
          <Age sinceMs={evidence.sinceMs} />
        </span>
      )}
    </span>
  );
}
