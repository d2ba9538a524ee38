import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ApiProblem } from '../api/client.ts';
import { useConsole } from '../app/console-context.ts';
import { useMessages } from '../i18n/messages.ts';
import { Button } from './button.tsx';
import classes from './feedback.module.css';

/** What went wrong, in the person's language. A thing that is no ApiProblem is a defect; it says so without pretending to know. */
export function useProblemWords(): (problem: unknown) => string {
  const t = useMessages();
  const { preferences } = useConsole();
  return (problem) => (problem instanceof ApiProblem ? problem[preferences.language] : t.error.unexpected);
}

/** All that must be put right, at the top of the form, focused when it appears (GOV.UK pattern). */
export function ErrorSummary({ problems }: { problems: { text: string; fieldId?: string }[] }) {
  const t = useMessages();
  const box = useRef<HTMLDivElement>(null);
  const titleId = useId();
  const key = problems.map((problem) => problem.text).join('|');
  useEffect(() => {
    if (key) box.current?.focus();
  }, [key]);
  if (problems.length === 0) return null;
  return (
    <div ref={box} className={classes.summary} role="alert" tabIndex={-1} aria-labelledby={titleId}>
      <h2 id={titleId}>{t.error.summaryTitle}</h2>
      <ul>
        {problems.map((problem) => (
          <li key={problem.text}>{problem.fieldId ? <a href={`#${problem.fieldId}`}>{problem.text}</a> : problem.text}</li>
        ))}
      </ul>
    </div>
  );
}

/** What could not be loaded, what to do, and that it goes on regardless: of a server that answers. Of one that doesn't nobody knows. */
export function LoadProblem({ problem, retry }: { problem: unknown; retry: () => void }) {
  const t = useMessages();
  const words = useProblemWords();
  const answered = !(problem instanceof ApiProblem && problem.status === 0);
  return (
    <div className={`${classes.note} tone-warn`} role="alert">
      <IconAlertTriangle aria-hidden="true" />
      <div className="stack">
        <p>
          {words(problem)} {answered && t.error.unaffected}
        </p>
        <div>
          <Button onClick={retry}>{t.error.retry}</Button>
        </div>
      </div>
    </div>
  );
}

export function Note({ tone, children, role }: { tone: 'quiet' | 'warn' | 'unknown'; children: ReactNode; role?: 'status' | 'alert' }) {
  const Icon = tone === 'warn' ? IconAlertTriangle : IconInfoCircle;
  return (
    <div className={`${classes.note} tone-${tone}`} role={role}>
      <Icon aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}

export function EmptyState({ icon, text, children }: { icon: ReactNode; text: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      {icon}
      <p>{text}</p>
      {children}
    </div>
  );
}

const NAMED_AFTER_MS = 5000;

/** Holds the place of what is coming, in its size; after five seconds it says what is awaited. */
export function LoadingSkeleton({ rows, heightRem = 3.5, awaited }: { rows: number; heightRem?: number; awaited: string }) {
  const { clock } = useConsole();
  const t = useMessages();
  const [named, setNamed] = useState(false);
  useEffect(() => clock.after(NAMED_AFTER_MS, () => setNamed(true)), [clock]);
  return (
    <div className="stack" aria-busy="true">
      <p role="status" className={named ? undefined : 'visually-hidden'}>
        {named ? t.loading.stillWaiting(awaited) : t.loading.loading(awaited)}
      </p>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <div key={`${index + 1}`} className={classes.skeleton} style={{ height: `${heightRem}rem` }} aria-hidden="true" />
      ))}
    </div>
  );
}
