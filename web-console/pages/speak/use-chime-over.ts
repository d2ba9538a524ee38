import { useEffect, useState } from 'react';
import { useControllerNow, useProgress } from '../../app/console-context.ts';
import { isChimeOver } from './speaking.ts';

/** Whether this broadcast's chime is over. Until then the microphone's sound is discarded; once it is over it stays over. */
export function useChimeOver(broadcastId: string | undefined): boolean {
  const progress = useProgress(broadcastId ?? '');
  const nowMs = useControllerNow(100);
  const [over, setOver] = useState(false);
  const passed = isChimeOver(progress, nowMs);
  useEffect(() => {
    if (passed) setOver(true);
  }, [passed]);
  return over || passed;
}
