import { readFileSync } from 'node:fs';

/** What the kernel knows of a process (proc(5)). */
export interface ProcessFigures {
  /** R runs or waits for a core, S sleeps, D waits for a disk, T was stopped, t is held by a debugger, Z is dead. */
  state: string;
  /** Processor time so far. */
  userMs: number;
  kernelMs: number;
  /** Reads and writes so far; undefined where the kernel keeps that to itself. Datagrams are not counted. */
  transfers: number | undefined;
}

/** Linux counts processor time in hundredths of a second (USER_HZ), whatever the kernel's own tick. */
const TICK_MS = 10;

/** @returns undefined: there is no such process, or no /proc */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold any character; the state follows it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      userMs: Number(fields[11]) * TICK_MS,
      kernelMs: Number(fields[12]) * TICK_MS,
      transfers: transfersOf(pid),
    };
  } catch {
    return undefined;
  }
}

function transfersOf(pid: number): number | undefined {
  try {
    const io = readFileSync(`/proc/${pid}/io`, 'utf8');
    return Number(/^syscr: (\d+)$/m.exec(io)?.[1]) + Number(/^syscw: (\d+)$/m.exec(io)?.[1]);
  } catch {
    return undefined;
  }
}
