import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useConsole } from '../app/console-context.ts';
import { useMessages } from '../i18n/messages.ts';
import { Button } from './button.tsx';
import { COUNTDOWN_MS, type HoldInput, hold, holdProgress, IDLE } from './hold.ts';
import classes from './hold-button.module.css';

interface HoldButtonProps {
  label: string;
  onFire: () => void;
  /** Why it can't be fired now. Set while somebody holds or counts, it lets go. */
  unavailable?: string | undefined;
  /** What would be fired. When it changes, whoever holds meant something else: it lets go. */
  subject?: string | undefined;
}

const isHoldKey = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';

/**
 * Fires after three seconds of holding, by pointer or by Space/Enter (repeats of a held key are ignored). A click that came without
 * holding, as screen readers send it, or by the person's own setting, starts a five-second countdown that can be cancelled.
 */
export function HoldButton({ label, onFire, unavailable, subject }: HoldButtonProps) {
  const t = useMessages();
  const { clock, preferences } = useConsole();
  const byCountdown = preferences.countdownInsteadOfHold;
  const [state, setState] = useState(IDLE);
  const [now, setNow] = useState(clock.nowMs);
  const current = useRef(state);
  const fire = useRef(onFire);
  fire.current = onFire;

  const input = (event: HoldInput): void => {
    const nowMs = clock.nowMs();
    const before = current.current;
    const next = hold(before, event, nowMs);
    current.current = next;
    setNow(nowMs);
    setState(next);
    if (next.phase === 'fired' && before.phase !== 'fired') fire.current();
  };
  const running = state.phase === 'holding' || state.phase === 'counting';
  // In the same drawing that shows the new words: no tick may fall between them and letting go.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject lets go, and so does a reason why not
  useLayoutEffect(() => {
    const { phase } = current.current;
    if (phase === 'holding' || phase === 'counting') input({ type: 'cancel' });
  }, [subject, Boolean(unavailable)]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `input` reads everything through refs; a new identity must not restart the ticking
  useEffect(() => (running ? clock.every(40, () => input({ type: 'time' })) : undefined), [running, clock]);

  const press = (): void => {
    if (!unavailable) input(byCountdown ? { type: 'click' } : { type: 'press' });
  };
  const remainingS = state.phase === 'counting' ? Math.ceil((COUNTDOWN_MS - (now - state.sinceMs)) / 1000) : 0;

  return (
    <div className="stack">
      <button
        type="button"
        className={classes.button}
        aria-disabled={Boolean(unavailable) || undefined}
        style={{ ['--progress' as string]: holdProgress(state, now) }}
        data-phase={state.phase}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          press();
        }}
        onPointerUp={() => input({ type: 'release' })}
        onPointerCancel={() => input({ type: 'release' })}
        onContextMenu={(event) => event.preventDefault()}
        onBlur={() => input({ type: 'release' })}
        onKeyDown={(event) => {
          if (!isHoldKey(event)) return;
          event.preventDefault();
          if (!event.repeat) press();
        }}
        onKeyUp={(event) => {
          if (!isHoldKey(event)) return;
          event.preventDefault();
          input({ type: 'release' });
        }}
        onClick={(event) => {
          // A pointer's own click has detail 1 and was handled as a press; what is left comes from assistive technology.
          if (event.detail === 0 && !unavailable) input({ type: 'click' });
        }}
      >
        <span className={classes.fill} aria-hidden="true" />
        <span className={classes.text}>{byCountdown ? t.hold.byCountdown(label) : label}</span>
      </button>
      <p role="status" aria-live="assertive">
        {unavailable ??
          (state.phase === 'counting'
            ? t.hold.counting(remainingS)
            : state.phase === 'holding'
              ? t.hold.keepHolding
              : state.phase === 'idle' && state.released
                ? t.hold.notFired
                : '')}
      </p>
      {state.phase === 'counting' && (
        <Button size="large" wide onClick={() => input({ type: 'cancel' })}>
          {t.hold.cancel}
        </Button>
      )}
    </div>
  );
}
