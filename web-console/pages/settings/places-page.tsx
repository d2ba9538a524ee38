import { IconArrowLeft, IconTableImport } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { addPlaces, orderHamlets, PLACES_KEY, type Place, usePlaces } from '../../api/places.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, LoadingSkeleton, LoadProblem, Note, useProblemWords } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { PLACES_WORDS } from '../../i18n/places-words.ts';
import { HamletRow } from './hamlet-row.tsx';

/** Where sound can come out: hamlets in their order, each with its poles. */
export function PlacesPage() {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  return (
    <div className="page narrow stack-wide">
      <div>
        <ButtonLink to="/settings" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {t.nav.settings}
        </ButtonLink>
        <h1>{say.title}</h1>
        <p>{say.lead}</p>
      </div>
      <OnlyFor permission="maintain">
        <Places />
      </OnlyFor>
    </div>
  );
}

function Places() {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const words = useProblemWords();
  const queries = useQueryClient();
  const places = usePlaces();
  const [said, setSaid] = useState<{ text?: string; problem?: unknown }>({});

  /** One change at a time: what was done, or why not, stands in one place above the list. */
  const change = async (task: () => Promise<string>): Promise<boolean> => {
    try {
      const text = await task();
      await queries.invalidateQueries({ queryKey: PLACES_KEY });
      setSaid({ text });
      return true;
    } catch (problem) {
      setSaid({ problem });
      return false;
    }
  };
  const move = (place: Place, by: 1 | -1): void => {
    const ids = (places.data ?? []).map(({ hamletId }) => hamletId);
    const from = ids.indexOf(place.hamletId);
    ids.splice(from, 1);
    ids.splice(from + by, 0, place.hamletId);
    void change(async () => {
      await orderHamlets(ids);
      return say.moved(place.name, from + by + 1);
    });
  };

  return (
    <>
      <AddHamlet change={change} />
      <div className="stack">
        <div role="status">{said.text && <Note tone="quiet">{said.text}</Note>}</div>
        {said.problem !== undefined && <ErrorSummary problems={[{ text: words(said.problem) }]} />}
        {places.isPending && <LoadingSkeleton rows={6} awaited={t.loading.places} />}
        {places.isError && <LoadProblem problem={places.error} retry={() => void places.refetch()} />}
        {places.data?.length === 0 && <p>{say.none}</p>}
        {places.data && (
          <ol>
            {places.data.map((place, index) => (
              <HamletRow
                key={place.hamletId}
                place={place}
                number={index + 1}
                all={places.data}
                onMove={(by) => move(place, by)}
                change={change}
              />
            ))}
          </ol>
        )}
      </div>
    </>
  );
}

function AddHamlet({ change }: { change(task: () => Promise<string>): Promise<boolean> }) {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted = name.trim();
    setProblem(wanted ? undefined : say.nameMissing);
    if (!wanted || busy) return;
    setBusy(true);
    const isDone = await change(async () => {
      const { hamlets } = await addPlaces({ rows: [{ hamlet: wanted }] });
      return hamlets.length > 0 ? say.added(wanted) : say.already(wanted);
    });
    if (isDone) setName('');
    setBusy(false);
  };
  return (
    <form className="card stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        label={say.hamletName}
        value={name}
        maxLength={120}
        autoComplete="off"
        problem={problem}
        onChange={(event) => setName(event.target.value)}
      />
      <div className="row">
        <Button type="submit" kind="primary" busy={busy} unavailable={unavailable}>
          {say.addHamlet}
        </Button>
        <ButtonLink to="/settings/places/import" icon={<IconTableImport aria-hidden="true" />}>
          {say.importTable}
        </ButtonLink>
      </div>
    </form>
  );
}
