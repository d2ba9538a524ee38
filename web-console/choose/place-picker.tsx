import { usePlaces } from '../api/places.ts';
import { LoadingSkeleton, LoadProblem } from '../design/feedback.tsx';
import { useMessages } from '../i18n/messages.ts';
import classes from './choose.module.css';
import { EVERYTHING, NOWHERE, type PlaceChoice, toggleCluster, toggleHamlet } from './place-choice.ts';

interface PlacePickerProps {
  choice: PlaceChoice;
  onChange: (choice: PlaceChoice) => void;
}

/** Whole commune, or hamlets, or single clusters of a hamlet. FM clusters are shown, but can't be chosen. */
export function PlacePicker({ choice, onChange }: PlacePickerProps) {
  const t = useMessages();
  const places = usePlaces();
  if (places.isPending) return <LoadingSkeleton rows={3} awaited={t.loading.places} />;
  if (places.isError) return <LoadProblem problem={places.error} retry={() => void places.refetch()} />;
  return (
    <fieldset className="stack" id="places">
      <legend className="visually-hidden">{t.places.legend}</legend>
      <div className="row">
        <label className="choice">
          <input type="radio" name="where" checked={choice.everything} onChange={() => onChange(EVERYTHING)} />
          {t.places.everything}
        </label>
        <label className="choice">
          <input type="radio" name="where" checked={!choice.everything} onChange={() => onChange(NOWHERE)} />
          {t.places.some}
        </label>
      </div>
      {!choice.everything && (
        <div className={classes.grid}>
          {places.data.map((place) => {
            const ids = place.clusters.filter((cluster) => cluster.kind === 'ip').map((cluster) => cluster.clusterId);
            const whole = choice.hamletIds.has(place.hamletId);
            return (
              <div key={place.hamletId} className={classes.hamlet}>
                <label className="choice">
                  <input
                    type="checkbox"
                    checked={whole}
                    disabled={ids.length === 0}
                    onChange={() => onChange(toggleHamlet(choice, place.hamletId, ids))}
                  />
                  {place.name}
                </label>
                <details>
                  <summary>{t.places.clusters(place.clusters.length)}</summary>
                  <div className={classes.clusters}>
                    {place.clusters.map((cluster) => (
                      <label key={cluster.clusterId} className="choice">
                        <input
                          type="checkbox"
                          checked={whole || choice.clusterIds.has(cluster.clusterId)}
                          disabled={cluster.kind === 'fm'}
                          onChange={() => onChange(toggleCluster(choice, place.hamletId, cluster.clusterId, ids))}
                        />
                        {cluster.name}
                        {cluster.kind === 'fm' && ` (${t.places.fm})`}
                      </label>
                    ))}
                  </div>
                </details>
              </div>
            );
          })}
        </div>
      )}
    </fieldset>
  );
}
