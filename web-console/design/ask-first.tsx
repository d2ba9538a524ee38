import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useMessages } from '../i18n/messages.ts';
import classes from './ask-first.module.css';
import { Button } from './button.tsx';

interface AskFirstProps {
  label: string;
  icon?: ReactNode;
  /** What will be the case afterwards, in one or two plain sentences. */
  sentence: string;
  /** What is done, as a verb: the button that does it. */
  confirm: string;
  unavailable?: string | undefined;
  /** Rejections are the caller's to show. */
  onConfirm(): Promise<void>;
}

/** A button whose consequence is told before anything is done. The question stands where the button was, and takes the focus; Escape means no. */
export function AskFirst({ label, icon, sentence, confirm, unavailable, onConfirm }: AskFirstProps) {
  const t = useMessages();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const question = useRef<HTMLParagraphElement>(null);
  const opener = useRef<HTMLDivElement>(null);
  const closed = useRef(false);

  useEffect(() => {
    if (asked) question.current?.focus();
    else if (closed.current) opener.current?.querySelector('button')?.focus();
    closed.current = asked;
  }, [asked]);

  if (!asked) {
    return (
      <div ref={opener}>
        <Button icon={icon} unavailable={unavailable} onClick={() => setAsked(true)}>
          {label}
        </Button>
      </div>
    );
  }
  const close = (): void => setAsked(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    await onConfirm().finally(() => setBusy(false));
    close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape is a second way to the button "back" inside
    <div className={classes.box} onKeyDown={(event) => event.key === 'Escape' && !busy && close()}>
      <p ref={question} tabIndex={-1}>
        {sentence}
      </p>
      <div className="row">
        <Button kind="primary" busy={busy} unavailable={unavailable} onClick={() => void run()}>
          {confirm}
        </Button>
        <Button unavailable={busy ? confirm : undefined} onClick={close}>
          {t.play.back}
        </Button>
      </div>
    </div>
  );
}
