import { IconPlayerStopFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { type Stopped, stopBroadcast } from '../api/broadcasts.ts';
import { useCommandsAvailable } from '../app/console-context.ts';
import { useMessages } from '../i18n/messages.ts';
import { Button } from './button.tsx';
import { useProblemWords } from './feedback.tsx';

interface StopButtonProps {
  broadcastId: string;
  title: string;
  size?: 'normal' | 'large';
  wide?: boolean;
}

/** One tap, no question: stopping sound is never the dangerous direction. It never starts anything again by itself. */
export function StopButton({ broadcastId, title, size = 'normal', wide }: StopButtonProps) {
  const t = useMessages();
  const words = useProblemWords();
  const available = useCommandsAvailable();
  const [busy, setBusy] = useState(false);
  const [stopped, setStopped] = useState<Stopped>();
  const stop = async (): Promise<void> => {
    setStopped(undefined);
    setBusy(true);
    setStopped(await stopBroadcast(broadcastId));
    setBusy(false);
  };
  return (
    <div>
      <Button
        size={size}
        wide={wide ?? false}
        busy={busy}
        unavailable={available ? undefined : t.link.noCommands}
        icon={<IconPlayerStopFilled aria-hidden="true" />}
        aria-label={t.stop.stopNamed(title)}
        onClick={() => void stop()}
      >
        {busy ? t.stop.stopping : t.stop.stop}
      </Button>
      {stopped?.outcome === 'unknown' && <p role="alert">{t.stop.failed(words(stopped.problem))}</p>}
      {stopped?.outcome === 'stopped' && stopped.unstored && <p role="alert">{t.stop.unstored}</p>}
    </div>
  );
}
