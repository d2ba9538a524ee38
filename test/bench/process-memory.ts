import { readFileSync } from 'node:fs';

function kilobytes(file: string, field: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${field}:`));
  return Number(line?.replace(/\D+/g, '') ?? 0);
}

/** Resident memory of a process, MB (10^6 bytes). */
export function residentMb(pid: number): number {
  return (kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024) / 1e6;
}

/** Memory of processes that share pages, as PostgreSQL's do: each page counted once, MB. */
export function proportionalMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') * 1024) / 1e6, 0);
}
