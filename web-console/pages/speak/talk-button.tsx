import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { useMessages } from '../../i18n/messages.ts';
import classes from './speak.module.css';

interface TalkButtonProps {
  open: boolean;
  /** false: open while held. true: one press opens, the next closes. */
  toggles: boolean;
  onChange: (open: boolean) => void;
}

const isTalkKey = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';

/** The mouth: what is said is heard only while this says so. Letting go, losing the focus or the pointer closes it. */
export function TalkButton({ open, toggles, onChange }: TalkButtonProps) {
  const t = useMessages();
  const Icon = open ? IconMicrophone : IconMicrophoneOff;
  const press = (): void => onChange(toggles ? !open : true);
  const release = (): void => {
    if (!toggles && open) onChange(false);
  };
  return (
    <button
      type="button"
      className={classes.talk}
      data-open={open}
      aria-pressed={open}
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
        if (event.detail === 0) onChange(!open);
      }}
    >
      <Icon size="2.6rem" aria-hidden="true" />
      <span>{open ? t.speak.open : toggles ? t.speak.pressToTalk : t.speak.holdToTalk}</span>
    </button>
  );
}
