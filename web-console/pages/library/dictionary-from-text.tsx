import { TextInput } from '@mantine/core';
import { IconVocabulary } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { putEntry } from '../../api/bulletins.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { DRAFT_WORDS } from '../../i18n/draft-words.ts';
import { useMessages } from '../../i18n/messages.ts';

const LONGEST_WRITTEN = 60;

/** A word that the voice reads wrong is taught where it stands: selected in the text, said right, looked at again. */
export function DictionaryFromText({ selected, onTaught }: { selected: string; onTaught(): void }) {
  const t = useMessages();
  const say = DRAFT_WORDS[t.language];
  const words = useProblemWords();
  const queries = useQueryClient();
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [written, setWritten] = useState<string>();
  const [spoken, setSpoken] = useState('');
  const [problem, setProblem] = useState<string>();
  const word = selected.trim();

  const teach = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (written === undefined) return;
    if (!spoken.trim()) return setProblem(say.noSpoken);
    try {
      await putEntry({ written: written.normalize('NFC'), spoken: spoken.trim().normalize('NFC'), caseSensitive: true });
      await queries.invalidateQueries({ queryKey: ['dictionary'] });
      setWritten(undefined);
      onTaught();
    } catch (failure) {
      setProblem(words(failure));
    }
  };

  if (written === undefined) {
    const fits = word.length > 0 && word.length <= LONGEST_WRITTEN && !/\n/.test(word);
    return (
      <div className="stack">
        <p className="small soft">{say.howToTeach}</p>
        {fits && (
          <div>
            <Button
              icon={<IconVocabulary aria-hidden="true" />}
              onClick={() => {
                setWritten(word);
                setSpoken('');
                setProblem(undefined);
              }}
            >
              {say.teach(word)}
            </Button>
          </div>
        )}
      </div>
    );
  }
  return (
    <form className="card stack" onSubmit={(event) => void teach(event)} noValidate>
      {problem !== undefined && <ErrorSummary problems={[{ text: problem, fieldId: 'spoken-as' }]} />}
      <TextInput
        id="spoken-as"
        label={say.spokenAs(written)}
        description={say.everywhere}
        value={spoken}
        autoFocus
        lang="vi"
        maxLength={200}
        onChange={(event) => setSpoken(event.currentTarget.value)}
      />
      <div className="row">
        <Button type="submit" kind="primary" unavailable={unavailable}>
          {say.save}
        </Button>
        <Button onClick={() => setWritten(undefined)}>{t.play.back}</Button>
      </div>
    </form>
  );
}
