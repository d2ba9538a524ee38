import { Textarea } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ALL_CLEAR_TOPIC, CORRECTION_TOPIC } from '../../../controller/protocol/prepared-topics.ts';
import { type NewBulletin, previewText, writeBulletin } from '../../api/bulletins.ts';
import { whileBusy } from '../../api/while-busy.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { browserClock } from '../../clock.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { Office } from '../../design/office.tsx';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { BulletinFields } from './bulletin-fields.tsx';
import classes from './library.module.css';

const route = getRouteApi('/library/write');
const LONGEST_TEXT = 20_000;
/** Whoever waits for longer is told why. */
const SOON_MS = 4000;

/** Texts that the messages of an emergency begin with; the commune changes them as it needs. They are spoken, so always Vietnamese. */
const STARTS = {
  emergency: { title: '', class: 'emergency', topic: '', text: '' },
  correction: {
    title: 'Đính chính: thông báo nhầm',
    class: 'emergency',
    topic: CORRECTION_TOPIC,
    text: 'Thông báo vừa rồi là nhầm. Không có sự cố. Mong bà con yên tâm.',
  },
  'all-clear': {
    title: 'Hết tình huống khẩn cấp',
    class: 'emergency',
    topic: ALL_CLEAR_TOPIC,
    text: 'Tình huống khẩn cấp đã kết thúc.',
  },
} as const;

/** Write; see how it will be read; make the master; hear it on the next page. */
export function WritePage() {
  const t = useMessages(BULLETIN_WORDS, LIBRARY_WORDS);
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { purpose } = route.useSearch();
  const start = purpose ? STARTS[purpose] : undefined;
  const [bulletin, setBulletin] = useState<NewBulletin>({
    title: start?.title ?? '',
    class: start?.class ?? 'normal',
    topic: start?.topic ?? '',
  });
  const [text, setText] = useState<string>(start?.text ?? '');
  const [spoken, setSpoken] = useState<{ of: string; paragraphs: string[] }>();
  const [busy, setBusy] = useState<'preview' | 'save'>();
  const [late, setLate] = useState(false);
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);

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
    const written = { ...bulletin, title: bulletin.title.normalize('NFC'), text: text.normalize('NFC') };
    void attempt(
      'save',
      () => writeBulletin(written),
      async ({ bulletinId }) => {
        await queries.invalidateQueries({ queryKey: ['bulletins'] });
        await navigate({ to: '/library/$bulletinId', params: { bulletinId }, ignoreBlocker: true });
      },
    );
  };

  return (
    <Office>
      <form className="page narrow stack-wide" onSubmit={save} noValidate>
        <LeaveQuestion when={text.trim() !== (start?.text ?? '')} words={t.write.leave} />
        <h1>{t.write.title}</h1>
        <ErrorSummary problems={problems} />
        <BulletinFields value={bulletin} onChange={setBulletin} />
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
          onChange={(event) => setText(event.currentTarget.value)}
        />
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
          kind="primary"
          size="large"
          wide
          busy={busy === 'save'}
          unavailable={available ? undefined : t.link.noCommands}
        >
          {t.write.save}
        </Button>
        <p className="soft">{t.upload.nothingSounds}</p>
      </form>
    </Office>
  );
}
