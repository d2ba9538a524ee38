import { IconArrowLeft } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AddedPlaces, PlaceRow } from '../../../controller/protocol/inventory.ts';
import { MOST_PLACE_ROWS } from '../../../controller/protocol/place-rows.ts';
import { addPlaces, PLACES_KEY } from '../../api/places.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { OnlyFor } from '../../app/only-for.tsx';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { PLACES_WORDS } from '../../i18n/places-words.ts';
import { ImportPreview } from './import-preview.tsx';
import { readPlacesTable } from './places-table.ts';

const PROBLEMS_SHOWN = 12;

/** A whole commune at once: pasted, looked at, then added, all or nothing. */
export function ImportPlacesPage() {
  const say = PLACES_WORDS[useMessages().language];
  return (
    <div className="page narrow stack-wide">
      <div>
        <ButtonLink to="/settings/places" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {say.title}
        </ButtonLink>
        <h1>{say.import.title}</h1>
        <p>{say.import.lead}</p>
      </div>
      <OnlyFor permission="maintain">
        <ImportPlaces />
      </OnlyFor>
    </div>
  );
}

function ImportPlaces() {
  const t = useMessages();
  const say = PLACES_WORDS[t.language];
  const words = useProblemWords();
  const queries = useQueryClient();
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);
  const [checked, setChecked] = useState<{ rows: PlaceRow[]; would: AddedPlaces }>();
  const [added, setAdded] = useState<AddedPlaces>();
  const [busy, setBusy] = useState(false);

  const change = (next: string): void => {
    setText(next);
    setChecked(undefined);
    setAdded(undefined);
    setProblems([]);
  };
  const attempt = async (task: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await task();
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
    }
    setBusy(false);
  };
  const check = (): Promise<void> | void => {
    const { rows, problems: cells } = readPlacesTable(text);
    const shown = cells.slice(0, PROBLEMS_SHOWN).map(({ line, column, text: cell, fault }) => ({
      text: say.import.problem(line, say.columns[column], cell, say.faults[fault]),
      fieldId: 'places-table',
    }));
    if (cells.length > PROBLEMS_SHOWN)
      shown.push({ text: say.import.moreProblems(cells.length - PROBLEMS_SHOWN), fieldId: 'places-table' });
    if (cells.length === 0 && rows.length === 0) shown.push({ text: say.import.empty, fieldId: 'places-table' });
    if (rows.length > MOST_PLACE_ROWS) shown.push({ text: say.import.tooMany(MOST_PLACE_ROWS), fieldId: 'places-table' });
    setProblems(shown);
    if (shown.length > 0) return;
    return attempt(async () => setChecked({ rows, would: await addPlaces({ rows, preview: true }) }));
  };
  const add = (rows: PlaceRow[]): Promise<void> =>
    attempt(async () => {
      const done = await addPlaces({ rows });
      change('');
      setAdded(done);
      await queries.invalidateQueries({ queryKey: PLACES_KEY });
    });

  return (
    <>
      <ErrorSummary problems={problems} />
      {added && (
        <div className="stack">
          <Note tone="quiet" role="status">
            {say.import.added(added.hamlets.length, added.clusters.length)}
          </Note>
          <div>
            <ButtonLink to="/settings/places" kind="primary">
              {say.title}
            </ButtonLink>
          </div>
        </div>
      )}
      <div className="field">
        <label className="label" htmlFor="places-table">
          {say.import.table}
        </label>
        <p className="hint" id="places-table-hint">
          {say.import.columns}
        </p>
        <textarea
          id="places-table"
          className="input"
          rows={10}
          spellCheck={false}
          aria-describedby="places-table-hint"
          value={text}
          onChange={(event) => change(event.target.value)}
        />
      </div>
      <label className="field">
        <span className="label">{say.import.file}</span>
        <input
          type="file"
          className="input"
          accept=".csv,.tsv,.txt,text/csv"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) void file.text().then(change);
          }}
        />
      </label>
      {checked ? (
        <ImportPreview
          would={checked.would}
          busy={busy}
          unavailable={unavailable}
          onAdd={() => void add(checked.rows)}
          onBack={() => setChecked(undefined)}
        />
      ) : (
        <div>
          <Button kind="primary" size="large" busy={busy} unavailable={unavailable} onClick={() => void check()}>
            {say.import.check}
          </Button>
        </div>
      )}
    </>
  );
}
