import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { WarningSignal } from '../../../controller/protocol/attention-signals.ts';
import { attentionUrl } from '../../api/settings.ts';
import { useConsole } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ATTENTION_WORDS } from '../../i18n/attention-words.ts';

/** One signal is heard at a time: listening to another ends the one before. */
let playing: HTMLAudioElement | undefined;

/** Plays an attention signal in this browser. Nothing is asked of any pole. */
export function ListenButton({ signal, durationMs }: { signal: WarningSignal; durationMs: number }) {
  const say = ATTENTION_WORDS[useConsole().preferences.language];
  const [audio, setAudio] = useState<HTMLAudioElement>();
  const [failed, setFailed] = useState(false);

  // Left, or another length chosen: what sounds is no longer what the page shows.
  useEffect(() => () => audio?.pause(), [audio]);

  const listen = (): void => {
    playing?.pause();
    const next = new Audio(attentionUrl(signal, durationMs));
    const over = (): void => setAudio((current) => (current === next ? undefined : current));
    next.addEventListener('ended', over);
    next.addEventListener('pause', over);
    playing = next;
    setFailed(false);
    setAudio(next);
    next.play().catch(() => {
      // Pressed again before it began: nothing failed.
      if (playing === next && next.error) setFailed(true);
      over();
    });
  };
  return (
    <>
      <Button
        icon={audio ? <IconPlayerStop aria-hidden="true" /> : <IconPlayerPlay aria-hidden="true" />}
        aria-label={`${audio ? say.stopListening : say.listen}: ${say.signals[signal]}`}
        onClick={() => (audio ? audio.pause() : listen())}
      >
        {audio ? say.stopListening : say.listen}
      </Button>
      {failed && <span role="alert">{say.notHeard}</span>}
    </>
  );
}
