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
  IconVolume3,
  IconVolumeOff,
  IconWaveSine,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { SpeakerRung } from '../../controller/protocol/speaker-state.ts';
import { useSession } from '../app/console-context.ts';
import { useMessages } from '../i18n/messages.ts';
import { STATE_WORDS } from '../i18n/state-words.ts';
import type { ClusterWord, Evidence } from '../live/evidence.ts';
import { plainOf } from '../live/plain-evidence.ts';
import { Age } from './age.tsx';
import { useAsOf } from './as-of.ts';
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
  muted: IconVolume3,
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

/** All rungs and words are for who repairs; to the others a cluster is heard, silent, or it isn't known. */
const useAllWords = (): boolean => useSession().permissions.includes('maintain');

export function WordChip({ evidence }: { evidence: Pick<Evidence, 'word' | 'tone'> }) {
  const t = useMessages(STATE_WORDS);
  const { word, tone } = useAllWords() ? evidence : plainOf(evidence);
  const Icon = WORD_ICONS[word];
  return (
    <StateChip tone={tone} icon={<Icon size={ICON_SIZE} aria-hidden="true" />}>
      {t.state.word[word]}
    </StateChip>
  );
}

/**
 * State of one cluster, with its age; once it is only a memory, with its date. Who repairs sees five segments, the word and the rung; the
 * others one of three words and what stands behind it. Where nothing is due there is nothing to hear, and no word.
 */
export function StateBar({ evidence, rung }: { evidence: Evidence; rung: SpeakerRung | undefined }) {
  const t = useMessages(STATE_WORDS);
  const asOf = useAsOf();
  const allWords = useAllWords();
  const RungIcon = rung && evidence.word !== 'unknown' ? RUNG_ICONS[rung] : undefined;
  const why = t.state.why[evidence.word];
  return (
    <span className={classes.state}>
      {allWords && <Segments evidence={evidence} />}
      {(allWords || evidence.word !== 'ready') && <WordChip evidence={evidence} />}
      {!allWords && why && <span className={classes.age}>{why}</span>}
      {allWords && rung && RungIcon && (
        <span className={classes.age}>
          <RungIcon size={ICON_SIZE} aria-hidden="true" /> {t.state.rung[rung]}
        </span>
      )}
      {asOf !== null ? (
        <span className={classes.age}>{t.state.asOf(asOf)}</span>
      ) : (
        evidence.sinceMs !== null &&
        (allWords || evidence.word !== 'ready') && (
          <span className={classes.age}>
            <Age sinceMs={evidence.sinceMs} />
          </span>
        )
      )}
    </span>
  );
}
