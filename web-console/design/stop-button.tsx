import { IconPlayerStopFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { stopBroadcast } from '../api/broadcasts.ts';
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
  const [state, setState] = useState<{ busy: boolean; problem?: unknown }>({ busy: false });
  const stop = async (): Promise<void> => {
    setState({ busy: true });
    try {
      await stopBroadcast(broadcastId);
      setState({ busy: false });
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return (
    <div>
      <Button
        size={size}
        wide={wide ?? false}
        busy={state.busy}
        unavailable={available ? undefined : t.link.noCommands}
        icon={<IconPlayerStopFilled aria-hidden="true" />}
        aria-label={t.stop.stopNamed(title)}
        onClick={() => void stop()}
      >
        {state.busy ? t.stop.stopping : t.stop.stop}
      </Button>
      {state.problem !== undefined && <p role="alert">{t.stop.failed(words(state.problem))}</p>}
    </div>
  );
}
