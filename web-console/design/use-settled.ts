import { useEffect, useState } from 'react';
import { useConsole } from '../app/console-context.ts';

const SETTLED_MS = 300;

/** What is being typed, once the hand rests: the server is asked for words, not for letters. */
export function useSettled(text: string): string {
  const { clock } = useConsole();
  const [settled, setSettled] = useState(text);
  useEffect(() => clock.after(SETTLED_MS, () => setSettled(text)), [clock, text]);
  return settled;
}
