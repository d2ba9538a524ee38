import { Textarea } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { type NewBulletin, previewText } from '../../api/bulletins.ts';
import { whileBusy } from '../../api/while-busy.ts';
import { useCommandsAvailable, useConsole, useSession } from '../../app/console-context.ts';
import { browserClock } from '../../clock.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { clockTime, dayDate } from '../../formats/time.ts';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { DRAFT_WORDS } from '../../i18n/draft-words.ts';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { BulletinFields } from './bulletin-fields.tsx';
import { DictionaryFromText } from './dictionary-from-text.tsx';
import { draftsOf } from './draft.ts';
import classes from './library.module.css';

const LONGEST_TEXT = 20_000;
/** Whoever waits for longer is told why. */
const SOON_MS = 4000;

export interface WrittenBulletin extends NewBulletin {
  text: string;
}

interface TextFormProps {
  title: string;
  start: WrittenBulletin;
  /** What the draft is of: it is found again under this name. */
  about: string;
  submit: string;
  /** What follows from saving. */
  consequence: string;
  onSave(written: WrittenBulletin): Promise<Bulletin>;
}

/** Another person who signs in on the same page begins with their own draft. */
export function TextForm(props: TextFormProps) {
  const { userId } = useSession().user;
  return <TextFormOf key={userId} userId={userId} {...props} />;
}

/** Write; see how it will be read; teach the voice what it reads wrong; save, and hear it on the next page. */
function TextFormOf({ userId, title, start, about, submit, consequence, onSave }: TextFormProps & { userId: string }) {
  const t = useMessages(BULLETIN_WORDS, LIBRARY_WORDS);
  const say = DRAFT_WORDS[t.language];
  const words = useProblemWords();
  const { feed } = useConsole();
  const available = useCommandsAvailable();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const drafts = draftsOf(localStorage, userId, about);
  const [restored, setRestored] = useState(drafts.read);
  const [bulletin, setBulletin] = useState<NewBulletin>(
    restored?.bulletin ?? { title: start.title, class: start.class, topic: start.topic },
  );
  const [text, setText] = useState(restored?.text ?? start.text);
  const [selected, setSelected] = useState('');
  const [spoken, setSpoken] = useState<{ of: string; paragraphs: string[] }>();
  const [busy, setBusy] = useState<'preview' | 'save'>();
  const [late, setLate] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

  const write = (change: { bulletin?: NewBulletin; text?: string }): void => {
    const now = { bulletin: change.bulletin ?? bulletin, text: change.text ?? text };
    setBulletin(now.bulletin);
    setText(now.text);
    drafts.keep({ ...now, keptAtMs: feed.controllerNowMs() });
  };
  const discard = (): void => {
    drafts.forget();
    setRestored(undefined);
    setBulletin({ title: start.title, class: start.class, topic: start.topic });
    setText(start.text);
  };
  const attempt = async <Answer,>(
    kind: 'preview' | 'save',
    ask: () => Promise<Answer>,
    then: (answer: Answer) => unknown,
  ): Promise<void> => {
    setBusy(kind);
    const cancel = browserClock.after(SOON_MS, () => setLate(true));
    try {
      await then(await whileBusy(ask, () => setLate(true)));
    } catch (problem) {
      setProblems([{ text: words(problem), fieldId: 'text' }]);
    } finally {
      cancel();
      setLate(false);
      setBusy(undefined);
    }
  };
  const preview = (): void => {
    const missing = text.trim() ? [] : [{ text: t.write.noText, fieldId: 'text' }];
    setProblems(missing);
    if (missing.length > 0) return;
    void attempt(
      'preview',
      () => previewText(text),
      ({ paragraphs }) => setSpoken({ of: text, paragraphs }),
    );
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const missing = [
      ...(text.trim() ? [] : [{ text: t.write.noText, fieldId: 'text' }]),
      ...(bulletin.title.trim() ? [] : [{ text: t.write.noTitle, fieldId: 'bulletin-title' }]),
    ];
    setProblems(missing);
    if (missing.length > 0) return;
    void attempt(
      'save',
      () => onSave({ ...bulletin, title: bulletin.title.normalize('NFC'), text: text.normalize('NFC') }),
      async ({ bulletinId }) => {
        drafts.forget();
        await queries.invalidateQueries({ queryKey: ['bulletins'] });
        await navigate({ to: '/library/$bulletinId', params: { bulletinId } });
      },
    );
  };

  return (
    <div className="page narrow stack-wide">
      <h1>{title}</h1>
      {restored && (
        <Note tone="quiet" role="status">
          <div className="stack">
            <p>{say.restored(t.days.timeOfDay(clockTime(restored.keptAtMs), dayDate(restored.keptAtMs)))}</p>
            <div>
              <Button onClick={discard}>{say.discard}</Button>
            </div>
          </div>
        </Note>
      )}
      <ErrorSummary problems={problems} />
      <form id="text-form" className="stack-wide" onSubmit={save} noValidate>
        <BulletinFields value={bulletin} onChange={(next) => write({ bulletin: next })} />
        <Textarea
          id="text"
          label={t.write.textLabel}
          description={t.write.textHint}
          autosize
          minRows={6}
          maxRows={24}
          maxLength={LONGEST_TEXT}
          lang="vi"
          value={text}
          onChange={(event) => write({ text: event.currentTarget.value })}
          onSelect={({ currentTarget: { selectionStart, selectionEnd, value } }) => setSelected(value.slice(selectionStart, selectionEnd))}
        />
      </form>
      <DictionaryFromText selected={selected} onTaught={preview} />
      <div className="row">
        <Button icon={<IconEye aria-hidden="true" />} busy={busy === 'preview'} onClick={preview}>
          {t.write.preview}
        </Button>
        <ButtonLink to="/library/dictionary" kind="plain">
          {t.dictionary.title}
        </ButtonLink>
      </div>
      <p className="soft" role="status">
        {late && t.write.late}
      </p>
      {spoken && (
        <section className="stack" aria-live="polite" aria-labelledby="spoken-title">
          <h2 id="spoken-title">{t.write.willBeRead}</h2>
          <p className={classes.spoken} lang="vi">
            {spoken.paragraphs.join('\n')}
          </p>
          {spoken.of !== text && <p className="soft">{t.write.changedSince}</p>}
        </section>
      )}
      <Button
        type="submit"
        form="text-form"
        kind="primary"
        size="large"
        wide
        busy={busy === 'save'}
        unavailable={available ? undefined : t.link.noCommands}
      >
        {submit}
      </Button>
      <p className="soft">
        {consequence} {say.kept}
      </p>
    </div>
  );
}
