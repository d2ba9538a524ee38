import { useEffect, useRef } from 'react';
import classes from './confirm-sentence.module.css';

/**
 * The server's own words of what will sound where, when and how loud, before anything sounds; the page says below what follows from
 * each button. It takes the focus when it appears, so that it is read before the button is reached.
 */
export function ConfirmSentence({ sentence, emergency = false }: { sentence: string; emergency?: boolean }) {
  const text = useRef<HTMLParagraphElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sentence is read again
  useEffect(() => text.current?.focus(), [sentence]);
  return (
    <div className={`${classes.box} ${emergency ? classes.emergency : ''}`}>
      <p ref={text} tabIndex={-1} className={classes.sentence}>
        {sentence}
      </p>
    </div>
  );
}
