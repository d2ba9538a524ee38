import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { addPlaces, changeCluster, changeHamlet, type Place } from '../../api/places.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { RowDisclosure } from '../../design/row-disclosure.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { PLACES_WORDS } from '../../i18n/places-words.ts';
import { ClusterForm, type ClusterValues } from './cluster-form.tsx';
import classes from './settings.module.css';

export type Change = (task: () => Promise<string>) => Promise<boolean>;

interface HamletRowProps {
  place: Place;
  /** Its number in the list, from 1. */
  number: number;
  all: readonly Place[];
  onMove(by: 1 | -1): void;
  change: Change;
}

/** A hamlet: its name, its place in the order, and its poles. */
export function HamletRow({ place, number, all, onMove, change }: HamletRowProps) {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [adding, setAdding] = useState(false);
  return (
    <RowDisclosure
      summary={
        <span className={classes.who}>
          <strong>{place.name}</strong>
          <span className="small soft">{say.clusters(place.clusters.length)}</span>
        </span>
      }
    >
      <Rename key={place.name} place={place} change={change} />
      <div className="row">
        {number > 1 && (
          <Button
            icon={<IconArrowUp aria-hidden="true" />}
            aria-label={say.up(place.name)}
            unavailable={unavailable}
            onClick={() => onMove(-1)}
          />
        )}
        {number < all.length && (
          <Button
            icon={<IconArrowDown aria-hidden="true" />}
            aria-label={say.down(place.name)}
            unavailable={unavailable}
            onClick={() => onMove(1)}
          />
        )}
      </div>
      {place.clusters.length > 0 && (
        <ul>
          {place.clusters.map((cluster) => (
            <ClusterRow key={cluster.clusterId} cluster={cluster} all={all} change={change} />
          ))}
        </ul>
      )}
      {adding ? (
        <ClusterForm
          title={say.addClusterTo(place.name)}
          submit={say.addCluster}
          onCancel={() => setAdding(false)}
          onSubmit={async ({ hamletId: _, name, note, ...rest }) => {
            const isDone = await change(async () => {
              const { clusters } = await addPlaces({ rows: [{ ...rest, hamlet: place.name, cluster: name }] });
              const [made] = clusters;
              if (made && note) await changeCluster(made.clusterId, { note });
              return made ? say.added(name) : say.already(name);
            });
            if (isDone) setAdding(false);
          }}
        />
      ) : (
        <div>
          <Button onClick={() => setAdding(true)}>{say.addCluster}</Button>
        </div>
      )}
    </RowDisclosure>
  );
}

function Rename({ place, change }: { place: Place; change: Change }) {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [name, setName] = useState(place.name);
  const wanted = name.trim().normalize('NFC');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!wanted || wanted === place.name) return;
    await change(async () => {
      await changeHamlet(place.hamletId, { name: wanted });
      return say.saved(wanted);
    });
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        label={say.hamletName}
        value={name}
        maxLength={120}
        problem={wanted ? undefined : say.nameMissing}
        onChange={(event) => setName(event.target.value)}
      />
      {wanted !== '' && wanted !== place.name && (
        <div>
          <Button type="submit" kind="primary" unavailable={unavailable}>
            {say.rename}
          </Button>
        </div>
      )}
    </form>
  );
}

function ClusterRow({ cluster, all, change }: { cluster: Place['clusters'][number]; all: readonly Place[]; change: Change }) {
  const say = PLACES_WORDS[useMessages().language];
  const save = async (values: ClusterValues): Promise<void> => {
    await change(async () => {
      await changeCluster(cluster.clusterId, values);
      return say.saved(values.name);
    });
  };
  return (
    <RowDisclosure
      summary={
        <span className={classes.who}>
          <strong>{cluster.name}</strong>
          <span className="small soft">
            {cluster.kind === 'fm' ? 'FM' : 'IP'} · {cluster.clusterId}
          </span>
        </span>
      }
    >
      <ClusterForm key={JSON.stringify(cluster)} cluster={cluster} hamlets={all} submit={say.save} onSubmit={save} />
      {cluster.kind === 'ip' && (
        <div>
          <ButtonLink to="/speakers/$clusterId" params={{ clusterId: cluster.clusterId }} kind="plain">
            {say.volume}
          </ButtonLink>
        </div>
      )}
    </RowDisclosure>
  );
}
