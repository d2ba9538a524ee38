import { Table, TextInput } from '@mantine/core';
import { IconArrowLeft, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { DictionaryEntryBody } from '../../../controller/protocol/programmes.ts';
import { deleteEntry, fetchDictionary, putEntry } from '../../api/bulletins.ts';
import { useCommandsAvailable, useConsole, useSession } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { EmptyState, ErrorSummary, LoadingSkeleton, LoadProblem, useProblemWords } from '../../design/feedback.tsx';
import { Office } from '../../design/office.tsx';
import { matches } from '../../formats/search.ts';
import { DICTIONARY_WORDS } from '../../i18n/dictionary-words.ts';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './library.module.css';

const KEY = ['dictionary'];
const NOTHING: DictionaryEntryBody = { written: '', spoken: '', caseSensitive: true };

/** How the commune's abbreviations are read aloud. */
export function DictionaryPage() {
  const t = useMessages(LIBRARY_WORDS);
  const say = DICTIONARY_WORDS[useConsole().preferences.language];
  const words = useProblemWords();
  const queries = useQueryClient();
  const available = useCommandsAvailable();
  const mayWrite = useSession().permissions.includes('announce');
  const entries = useQuery({ queryKey: KEY, queryFn: fetchDictionary });
  const [entry, setEntry] = useState(NOTHING);
  const [query, setQuery] = useState('');
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

  const change = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task();
      setProblems([]);
      await queries.invalidateQueries({ queryKey: KEY });
    } catch (problem) {
      setProblems([{ text: words(problem) }]);
    }
  };
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const missing = [
      ...(entry.written.trim() ? [] : [{ text: say.noWritten, fieldId: 'written' }]),
      ...(entry.spoken.trim() ? [] : [{ text: say.noSpoken, fieldId: 'spoken' }]),
    ];
    setProblems(missing);
    if (missing.length > 0) return;
    void change(async () => {
      await putEntry({ ...entry, written: entry.written.trim().normalize('NFC'), spoken: entry.spoken.trim().normalize('NFC') });
      setEntry(NOTHING);
    });
  };
  const own = entries.data?.entries ?? [];
  const overridden = new Set(own.map((candidate) => candidate.written));
  const shipped = (entries.data?.defaults ?? []).filter((candidate) => !overridden.has(candidate.written));
  const shown = [...own.map((row) => ({ ...row, own: true })), ...shipped.map((row) => ({ ...row, own: false }))].filter((row) =>
    matches(query, row.written, row.spoken),
  );

  return (
    <Office>
      <div className="page narrow stack-wide">
        <div>
          <ButtonLink to="/library" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
            {t.nav.library}
          </ButtonLink>
          <h1>{t.dictionary.title}</h1>
          <p>{say.lead}</p>
        </div>
        <ErrorSummary problems={problems} />
        {mayWrite && (
          <form className="card stack" onSubmit={add} noValidate>
            <h2>{say.addTitle}</h2>
            <TextInput
              id="written"
              label={say.written}
              placeholder="UBND"
              value={entry.written}
              onChange={(event) => setEntry({ ...entry, written: event.currentTarget.value })}
            />
            <TextInput
              id="spoken"
              label={say.spoken}
              placeholder="Ủy ban nhân dân"
              value={entry.spoken}
              onChange={(event) => setEntry({ ...entry, spoken: event.currentTarget.value })}
            />
            <label className="choice">
              <input
                type="checkbox"
                checked={entry.caseSensitive}
                onChange={(event) => setEntry({ ...entry, caseSensitive: event.currentTarget.checked })}
              />
              {say.caseSensitive}
            </label>
            <div>
              <Button type="submit" kind="primary" unavailable={available ? undefined : t.link.noCommands}>
                {say.add}
              </Button>
            </div>
          </form>
        )}
        {entries.isPending && <LoadingSkeleton rows={5} awaited={t.loading.dictionary} />}
        {entries.isError && <LoadProblem problem={entries.error} retry={() => void entries.refetch()} />}
        {entries.data && own.length + shipped.length === 0 && <EmptyState icon={null} text={say.empty} />}
        {entries.data && own.length + shipped.length > 0 && (
          <div className="stack">
            <TextInput type="search" label={say.search} value={query} onChange={(event) => setQuery(event.currentTarget.value)} />
            <div className={classes.entries}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say.written}</Table.Th>
                    <Table.Th>{say.spoken}</Table.Th>
                    {mayWrite && (
                      <Table.Th>
                        <span className="visually-hidden">{say.remove}</span>
                      </Table.Th>
                    )}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {shown.map((row) => (
                    <Table.Tr key={row.written}>
                      <Table.Td>
                        <strong>{row.written}</strong>
                      </Table.Td>
                      <Table.Td>
                        {row.spoken}
                        {!row.own && <span className="small soft"> ({say.shipped})</span>}
                      </Table.Td>
                      {mayWrite && (
                        <Table.Td>
                          {row.own && (
                            <Button
                              kind="plain"
                              aria-label={say.removeNamed(row.written)}
                              icon={<IconTrash aria-hidden="true" />}
                              unavailable={available ? undefined : t.link.noCommands}
                              onClick={() => void change(() => deleteEntry(row.written))}
                            />
                          )}
                        </Table.Td>
                      )}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          </div>
        )}
      </div>
    </Office>
  );
}
