import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Cluster } from '../../../controller/protocol/inventory.ts';
import { EMERGENCY_VOLUME_FLOOR_DB } from '../../../controller/protocol/volume.ts';
import { changeCluster, PLACES_KEY } from '../../api/places.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { LOUDNESS_WORDS } from '../../i18n/loudness-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './speakers.module.css';

const LOWEST_DB = -60;
type Loudness = Pick<Cluster, 'volumeDb' | 'muted' | 'emergencyVolumeDb'>;

/** How loud one pole is, and whether it sounds at all: what follows from a choice is said before it is saved. */
export function LoudnessCard({ cluster }: { cluster: Cluster }) {
  const t = useMessages();
  const say = LOUDNESS_WORDS[useConsole().preferences.language];
  const words = useProblemWords();
  const queries = useQueryClient();
  const available = useCommandsAvailable();
  const [changes, setChanges] = useState<Partial<Loudness>>({});
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState<{ problem?: unknown; saved?: true }>({});
  const chosen: Loudness = { ...cluster, ...changes };
  const isChanged = (['volumeDb', 'muted', 'emergencyVolumeDb'] as const).some((field) => chosen[field] !== cluster[field]);
  const change = (part: Partial<Loudness>): void => {
    setChanges({ ...changes, ...part });
    setSaid({});
  };
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      await changeCluster(cluster.clusterId, changes);
      await queries.invalidateQueries({ queryKey: PLACES_KEY });
      setChanges({});
      setSaid({ saved: true });
    } catch (problem) {
      setSaid({ problem });
    }
    setSaving(false);
  };
  return (
    <section className="card stack" aria-labelledby="loudness-title">
      <h2 id="loudness-title">{say.title}</h2>
      <Volume label={say.volume} valueDb={chosen.volumeDb} lowestDb={LOWEST_DB} onChange={(volumeDb) => change({ volumeDb })} />
      <Volume
        label={say.emergency}
        hint={say.emergencyHint(percentOf(EMERGENCY_VOLUME_FLOOR_DB))}
        valueDb={chosen.emergencyVolumeDb}
        lowestDb={EMERGENCY_VOLUME_FLOOR_DB}
        onChange={(emergencyVolumeDb) => change({ emergencyVolumeDb })}
      />
      <label className="choice">
        <input type="checkbox" checked={chosen.muted} onChange={(event) => change({ muted: event.currentTarget.checked })} />
        {say.mute}
      </label>
      {chosen.muted !== cluster.muted && (
        <Note tone={chosen.muted ? 'warn' : 'quiet'} role="status">
          {chosen.muted ? say.muteMeans : say.unmuteMeans}
        </Note>
      )}
      {said.problem !== undefined && <ErrorSummary problems={[{ text: words(said.problem) }]} />}
      {said.saved && (
        <Note tone="quiet" role="status">
          {say.saved}
        </Note>
      )}
      <div>
        <Button
          kind="primary"
          busy={saving}
          unavailable={available ? (isChanged ? undefined : say.unchanged) : t.link.noCommands}
          onClick={() => void save()}
        >
          {say.save}
        </Button>
      </div>
    </section>
  );
}

interface VolumeProps {
  label: string;
  hint?: string;
  valueDb: number;
  lowestDb: number;
  onChange: (valueDb: number) => void;
}

/** In decibels, as the amplifier takes it; said as a share of full amplitude, as the confirmations say it. */
function Volume({ label, hint, valueDb, lowestDb, onChange }: VolumeProps) {
  const say = LOUDNESS_WORDS[useConsole().preferences.language];
  const id = useId();
  const value = say.value(percentOf(valueDb), valueDb);
  return (
    <div className="field">
      <div className="spread">
        <label className="label" htmlFor={id}>
          {label}
        </label>
        <output className="figure" htmlFor={id}>
          {value}
        </output>
      </div>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        type="range"
        id={id}
        className={classes.range}
        min={lowestDb}
        max={0}
        step={1}
        value={valueDb}
        aria-valuetext={value}
        aria-describedby={hint && `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

function percentOf(volumeDb: number): number {
  return Math.round(100 * 10 ** (volumeDb / 20));
}
