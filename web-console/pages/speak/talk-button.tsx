import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAK_WORDS } from '../../i18n/speak-words.ts';
import classes from './speak.module.css';

interface TalkButtonProps {
  open: boolean;
  /** false: open while held. true: one press opens, the next closes. */
  toggles: boolean;
  /** Why nothing that is said would be heard now; it can't be opened then. */
  waiting: string | undefined;
  onChange: (open: boolean) => void;
}

const isTalkKey = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';

/**
 * The mouth: what is said is heard only while this says so. Letting go, losing the focus or the pointer closes it. Held before it can be
 * opened, it opens when it can: the hand has not changed its mind.
 */
export function TalkButton({ open, toggles, waiting, onChange }: TalkButtonProps) {
  const t = useMessages(SPEAK_WORDS);
  const held = useRef(false);
  const Icon = open ? IconMicrophone : IconMicrophoneOff;
  const inert = waiting !== undefined;
  const press = (): void => {
    held.current = true;
    if (!inert) onChange(toggles ? !open : true);
  };
  const release = (): void => {
    held.current = false;
    if (!toggles && open) onChange(false);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only that it can be opened from now on is a reason to look at the hand
  useEffect(() => {
    if (!inert && held.current && !toggles) onChange(true);
  }, [inert]);
  return (
    <button
      type="button"
      className={classes.talk}
      data-open={open}
      aria-pressed={open}
      aria-disabled={inert || undefined}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        press();
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onBlur={release}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isTalkKey(event)) return;
        event.preventDefault();
        if (!event.repeat) press();
      }}
      onKeyUp={(event) => {
        if (!isTalkKey(event)) return;
        event.preventDefault();
        release();
      }}
      onClick={(event) => {
        // From assistive technology, which can't hold: each click opens or closes.
        if (event.detail === 0 && !inert) onChange(!open);
      }}
    >
      <Icon size="2.6rem" aria-hidden="true" />
      <span>{open ? t.speak.open : (waiting ?? (toggles ? t.speak.pressToTalk : t.speak.holdToTalk))}</span>
    </button>
  );
}
