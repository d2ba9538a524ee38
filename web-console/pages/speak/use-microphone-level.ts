import { useEffect, useState } from 'react';
import { useConsole } from '../../app/console-context.ts';
import type { MicrophoneInput } from './microphone-input.ts';

const PERIOD_MS = 80;
const SILENT_DB = -120;

export function useMicrophoneLevel(input: MicrophoneInput | undefined, open: boolean): number {
  const { clock } = useConsole();
  const [level, setLevel] = useState(SILENT_DB);
  useEffect(() => (input ? clock.every(PERIOD_MS, () => setLevel(input.levelDb())) : undefined), [input, clock]);
  return input && open ? level : SILENT_DB;
}

/** Keeps the screen on while somebody speaks, where the browser can; the lock is lost when the page is hidden, and taken again. */
export function useWakeLock(held: boolean): void {
  useEffect(() => {
    if (!held || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      // Refused on a low battery: the screen may then go dark, and the page warns about nothing it can't change.
      lock = await navigator.wakeLock.request('screen').catch(() => undefined);
      if (over) void lock?.release();
    };
    void take();
    const again = (): void => void take();
    document.addEventListener('visibilitychange', again);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', again);
      void lock?.release();
    };
  }, [held]);
}
