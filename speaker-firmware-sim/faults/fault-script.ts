import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Clock, Timer } from '../clock.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { FaultBoard } from './apply-fault.ts';
import { type FaultScript, faultScript } from './fault-command.ts';

/** Reads a script (YAML, of which JSON is a part). Throws with the place and the reason when it is none. */
export function readFaultScript(text: string): FaultScript {
  const result = faultScript.safeParse(parse(text));
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => `entry ${Number(issue.path[0] ?? 0) + 1}: ${issue.message}`);
  throw new Error(`the fault script is not valid:\n  ${reasons.join('\n  ')}`);
}

export function loadFaultScript(file: string): FaultScript {
  return readFaultScript(readFileSync(file, 'utf8'));
}

/** Starts all entries' timers; returns the function that ends them. */
export function runFaultScript(
  script: FaultScript,
  speakers: () => readonly Speaker[],
  board: FaultBoard,
  clock: Clock,
  log: (message: string) => void,
): () => void {
  const timers: Timer[] = script.map(({ atMs, command }) =>
    clock.after('fault script', atMs, () => {
      const met = board.apply(command, speakers());
      log(`fault at ${(atMs / 1000).toFixed(1)} s: ${JSON.stringify(command)} met ${met} speakers`);
    }),
  );
  return () => {
    for (const timer of timers) timer.cancel();
  };
}
