import { useEffect, useState } from 'react';
import { useControllerNow, useProgress } from '../../app/console-context.ts';
import { isOpeningOver } from './speaking.ts';

/** Whether what this broadcast begins with is over: the chime, or an emergency's attention signal. Until then the microphone's sound is discarded; once it is over it stays over. */
export function useOpeningOver(broadcastId: string | undefined, openingMs: number): boolean {
  const progress = useProgress(broadcastId ?? '');
  const nowMs = useControllerNow(100);
  const [over, setOver] = useState(false);
  const passed = isOpeningOver(progress, nowMs, openingMs);
  useEffect(() => {
    if (passed) setOver(true);
  }, [passed]);
  return over || passed;
}
