import { Progress } from '@mantine/core';
import { IconFileMusic } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type NewBulletin, uploadBulletin } from '../../api/bulletins.ts';
import type { UploadProgress } from '../../api/client.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { LeaveQuestion } from '../../design/leave-question.tsx';
import { Office } from '../../design/office.tsx';
import { number } from '../../formats/number.ts';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { BulletinFields } from './bulletin-fields.tsx';
import classes from './library.module.css';

const MEGABYTE = 1_000_000;

function titleFromName(fileName: string): string {
  return fileName
    .replace(/\.[^.]+$/, '')
    .replace(/[_-]+/g, ' ')
    .normalize('NFC')
    .trim();
}

/** A file goes up with its bytes counted; what becomes of it (loudness, master) is then shown on its own page. */
export function UploadPage() {
  const t = useMessages(BULLETIN_WORDS);
  const words = useProblemWords();
  const { language } = useConsole().preferences;
  const available = useCommandsAvailable();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [over, setOver] = useState(false);
  const [bulletin, setBulletin] = useState<NewBulletin>({ title: '', class: 'normal', topic: '' });
  const [progress, setProgress] = useState<UploadProgress>();
  const [problems, setProblems] = useState<{ text: string; fieldId?: string }[]>([]);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const choose = (chosen: File | undefined): void => {
    if (!chosen) return;
    setFile(chosen);
    setBulletin((current) => ({ ...current, title: current.title || titleFromName(chosen.name) }));
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const found = [
      ...(file ? [] : [{ text: t.upload.noFile, fieldId: 'file' }]),
      ...(bulletin.title.trim() ? [] : [{ text: t.write.noTitle, fieldId: 'bulletin-title' }]),
    ];
    setProblems(found);
    if (!file || found.length > 0) return;
    const controller = new AbortController();
    abort.current = controller;
    setProgress({ sentBytes: 0, totalBytes: file.size });
    try {
      const made = await uploadBulletin(bulletin, file, setProgress, controller.signal);
      await queries.invalidateQueries({ queryKey: ['bulletins'] });
      await navigate({ to: '/library/$bulletinId', params: { bulletinId: made.bulletinId }, ignoreBlocker: true });
    } catch (problem) {
      setProgress(undefined);
      if (!controller.signal.aborted) setProblems([{ text: words(problem), fieldId: 'file' }]);
    }
  };
  const megabytes = (bytes: number): string => `${number(bytes / MEGABYTE, language)} MB`;
  const percent = progress ? Math.round((100 * progress.sentBytes) / Math.max(1, progress.totalBytes)) : 0;

  return (
    <Office>
      <form className="page narrow stack-wide" onSubmit={(event) => void submit(event)} noValidate>
        <LeaveQuestion when={progress !== undefined} words={t.upload.leave} />
        <h1>{t.upload.title}</h1>
        <ErrorSummary problems={problems} />
        <label
          className={classes.drop}
          data-over={over}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            choose(event.dataTransfer.files[0]);
          }}
        >
          <IconFileMusic size="2.6rem" aria-hidden="true" />
          <strong>{file ? file.name : t.upload.choose}</strong>
          <span className="small soft">{file ? megabytes(file.size) : t.upload.formats}</span>
          <input
            id="file"
            className="visually-hidden"
            type="file"
            accept="audio/*,video/mp4,.ogg,.opus,.m4a,.amr,.3gp"
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
        </label>
        <BulletinFields value={bulletin} onChange={setBulletin} />
        {progress ? (
          <div className="stack">
            <p role="status" className="figure">
              {percent < 100 ? t.upload.sending(megabytes(progress.sentBytes), megabytes(progress.totalBytes)) : t.upload.checking}
            </p>
            <Progress value={percent} aria-label={t.upload.progress} />
            <Button wide size="large" onClick={() => abort.current?.abort()}>
              {t.upload.cancel}
            </Button>
          </div>
        ) : (
          <Button type="submit" kind="primary" size="large" wide unavailable={available ? undefined : t.link.noCommands}>
            {t.upload.submit}
          </Button>
        )}
        <p className="soft">{t.upload.nothingSounds}</p>
      </form>
    </Office>
  );
}
