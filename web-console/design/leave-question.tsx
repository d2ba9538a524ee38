import { useBlocker } from '@tanstack/react-router';
import { useEffect, useId } from 'react';
import { Button } from './button.tsx';
import classes from './leave-question.module.css';

export interface LeaveWords {
  question: string;
  stay: string;
  leave: string;
}

interface LeaveQuestionProps {
  /** Leaving would end or lose something. */
  when: boolean;
  words: LeaveWords;
}

const isOtherPage = ({ current, next }: { current: { pathname: string }; next: { pathname: string } }): boolean =>
  current.pathname !== next.pathname;

/**
 * Asks before the page is left while leaving costs something; staying is the main button and what Escape means. Closing or reloading
 * the page gets the browser's own question.
 */
export function LeaveQuestion({ when, words }: LeaveQuestionProps) {
  const titleId = useId();
  const { status, reset, proceed } = useBlocker({
    shouldBlockFn: isOtherPage,
    disabled: !when,
    enableBeforeUnload: true,
    withResolver: true,
  });
  // What leaving would have cost is over. One stays: the page says how it ended.
  useEffect(() => {
    if (!when) reset?.();
  }, [when, reset]);
  if (status !== 'blocked') return null;
  return (
    <dialog
      ref={(dialog) => {
        if (dialog && !dialog.open) dialog.showModal();
      }}
      className={classes.box}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        reset();
      }}
    >
      <p id={titleId} className={classes.question}>
        {words.question}
      </p>
      <Button kind="primary" size="large" wide onClick={reset}>
        {words.stay}
      </Button>
      <Button size="large" wide onClick={proceed}>
        {words.leave}
      </Button>
    </dialog>
  );
}
