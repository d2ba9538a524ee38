import { IconCurrentLocation } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { Cluster, ClusterKind, Hamlet } from '../../../controller/protocol/inventory.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { PLACES_WORDS } from '../../i18n/places-words.ts';
import classes from './settings.module.css';

export type ClusterValues = Pick<Cluster, 'hamletId' | 'name' | 'kind' | 'horns' | 'latitude' | 'longitude' | 'note'>;

interface ClusterFormProps {
  title?: string;
  cluster?: Cluster;
  /** Where it could stand, too. */
  hamlets?: readonly Hamlet[];
  submit: string;
  onSubmit(values: ClusterValues): Promise<void>;
  onCancel?(): void;
}

const HORNS = [1, 2, 3, 4, 5, 6, 7, 8];
/** About ten metres: the pole, not the person. */
const DECIMALS = 5;
const FIND_WITHIN_MS = 15_000;

const degrees = (text: string, most: number): number | null | undefined => {
  if (text.trim() === '') return null;
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) && Math.abs(value) <= most ? value : undefined;
};

/** What is known of a pole. Its volume stands on its own page: there it can be heard. */
export function ClusterForm({ title, cluster, hamlets, submit, onSubmit, onCancel }: ClusterFormProps) {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [name, setName] = useState(cluster?.name ?? '');
  const [hamletId, setHamletId] = useState(cluster?.hamletId ?? '');
  const [kind, setKind] = useState<ClusterKind>(cluster?.kind ?? 'ip');
  const [horns, setHorns] = useState(cluster?.horns ?? 2);
  const [position, setPosition] = useState({ latitude: String(cluster?.latitude ?? ''), longitude: String(cluster?.longitude ?? '') });
  const [note, setNote] = useState(cluster?.note ?? '');
  const [faults, setFaults] = useState<{ name?: string; position?: string }>({});
  const [busy, setBusy] = useState(false);

  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const latitude = degrees(position.latitude, 90);
    const longitude = degrees(position.longitude, 180);
    const isPosition = latitude !== undefined && longitude !== undefined && (latitude === null) === (longitude === null);
    const wanted = name.trim().normalize('NFC');
    setFaults({ ...(wanted ? {} : { name: say.nameMissing }), ...(isPosition ? {} : { position: say.positionWrong }) });
    if (!wanted || !isPosition || busy) return;
    setBusy(true);
    await onSubmit({ hamletId, name: wanted, kind, horns, latitude, longitude, note: note.trim() });
    setBusy(false);
  };

  return (
    <form className="stack" onSubmit={(event) => void send(event)} noValidate>
      {title && <h3>{title}</h3>}
      <Field
        label={say.clusterName}
        hint={say.clusterHint}
        value={name}
        maxLength={120}
        autoComplete="off"
        problem={faults.name}
        onChange={(event) => setName(event.target.value)}
      />
      <div className={classes.filters}>
        {hamlets && (
          <Select label={say.hamletOf} value={hamletId} onChange={setHamletId}>
            {hamlets.map((hamlet) => (
              <option key={hamlet.hamletId} value={hamlet.hamletId}>
                {hamlet.name}
              </option>
            ))}
          </Select>
        )}
        <Select label={say.kind} value={kind} onChange={(value) => setKind(value as ClusterKind)}>
          <option value="ip">{say.kinds.ip}</option>
          <option value="fm">{say.kinds.fm}</option>
        </Select>
        <Select label={say.horns} value={String(horns)} onChange={(value) => setHorns(Number(value))}>
          {HORNS.map((count) => (
            <option key={count}>{count}</option>
          ))}
        </Select>
      </div>
      <Position position={position} problem={faults.position} onChange={setPosition} />
      <Field label={say.note} value={note} maxLength={1000} onChange={(event) => setNote(event.target.value)} />
      <div className="row">
        <Button type="submit" kind="primary" busy={busy} unavailable={unavailable}>
          {submit}
        </Button>
        {onCancel && <Button onClick={onCancel}>{say.back}</Button>}
      </div>
    </form>
  );
}

interface PositionProps {
  position: { latitude: string; longitude: string };
  problem: string | undefined;
  onChange(position: { latitude: string; longitude: string }): void;
}

/** Typed in, or taken from the phone of whoever stands at the pole. */
function Position({ position, problem, onChange }: PositionProps) {
  const say = PLACES_WORDS[useMessages().language];
  const [finding, setFinding] = useState(false);
  const [failed, setFailed] = useState(false);
  const find = (): void => {
    setFinding(true);
    setFailed(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setFinding(false);
        onChange({ latitude: coords.latitude.toFixed(DECIMALS), longitude: coords.longitude.toFixed(DECIMALS) });
      },
      () => {
        setFinding(false);
        setFailed(true);
      },
      { enableHighAccuracy: true, timeout: FIND_WITHIN_MS },
    );
  };
  return (
    <>
      <div className={classes.filters}>
        <Field
          label={say.latitude}
          inputMode="decimal"
          value={position.latitude}
          problem={problem}
          onChange={(event) => onChange({ ...position, latitude: event.target.value })}
        />
        <Field
          label={say.longitude}
          inputMode="decimal"
          value={position.longitude}
          onChange={(event) => onChange({ ...position, longitude: event.target.value })}
        />
      </div>
      {'geolocation' in navigator && (
        <div>
          <Button icon={<IconCurrentLocation aria-hidden="true" />} busy={finding} onClick={find}>
            {finding ? say.finding : say.here}
          </Button>
          {failed && <p role="alert">{say.noPosition}</p>}
        </div>
      )}
    </>
  );
}
