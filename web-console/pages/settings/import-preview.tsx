import { useEffect, useRef } from 'react';
import type { AddedPlaces } from '../../../controller/protocol/inventory.ts';
import { type Place, usePlaces } from '../../api/places.ts';
import { Button } from '../../design/button.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { PLACES_WORDS } from '../../i18n/places-words.ts';

interface ImportPreviewProps {
  would: AddedPlaces;
  busy: boolean;
  unavailable: string | undefined;
  onAdd(): void;
  onBack(): void;
}

/** Everything that would be added, by hamlet, before anything is. */
export function ImportPreview({ would, busy, unavailable, onAdd, onBack }: ImportPreviewProps) {
  const say = PLACES_WORDS[useMessages().language];
  const places = usePlaces();
  const title = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another preview is read again
  useEffect(() => title.current?.focus(), [would]);
  const isNothing = would.hamlets.length + would.clusters.length === 0;
  return (
    <section className="card stack" aria-labelledby="preview-title">
      <h2 id="preview-title" ref={title} tabIndex={-1}>
        {isNothing ? say.import.nothing : say.import.willAdd(would.hamlets.length, would.clusters.length)}
      </h2>
      {!isNothing && would.presentRows > 0 && <p>{say.import.present(would.presentRows)}</p>}
      <ul className="stack">
        {hamletsOf(would, places.data ?? []).map(({ hamletId, name, isNew, clusters }) => (
          <li key={hamletId}>
            <strong>{name}</strong> {isNew && <span className="soft">({say.import.newHamlet})</span>}
            <p className="small">{clusters.map((cluster) => (cluster.kind === 'fm' ? `${cluster.name} (FM)` : cluster.name)).join(', ')}</p>
          </li>
        ))}
      </ul>
      <div className="row">
        {!isNothing && (
          <Button kind="primary" busy={busy} unavailable={unavailable} onClick={onAdd}>
            {say.import.add}
          </Button>
        )}
        <Button onClick={onBack}>{say.back}</Button>
      </div>
    </section>
  );
}

function hamletsOf(would: AddedPlaces, places: readonly Place[]) {
  const ids = new Set([...would.hamlets, ...would.clusters].map(({ hamletId }) => hamletId));
  return [...ids].map((hamletId) => {
    const added = would.hamlets.find((hamlet) => hamlet.hamletId === hamletId);
    return {
      hamletId,
      name: added?.name ?? places.find((place) => place.hamletId === hamletId)?.name ?? hamletId,
      isNew: added !== undefined,
      clusters: would.clusters.filter((cluster) => cluster.hamletId === hamletId),
    };
  });
}
