import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const IDENTITY_FILE = 'identity.json';
/** Of what a simulated speaker keeps: where its controller was, and whom it trusts. */
const kept = z.object({ controlUrl: z.string(), caPem: z.string() });

interface Present {
  /** Where this controller is now. */
  controlUrl: string;
  caPem: string;
  isInService(speakerId: string): boolean;
}

/**
 * The speakers whose kept identity leads to this controller as it is now. The identity of every other one is removed (its receipts stay): a speaker
 * prefers an old identity to a new claim, and would call another port or address for ever.
 */
export function keepUsableIdentities(directory: string, present: Present): Set<string> {
  const usable = new Set<string>();
  for (const speakerId of foldersIn(directory)) {
    const file = path.join(directory, speakerId, IDENTITY_FILE);
    const identity = read(file);
    const leadsHere = identity?.controlUrl === present.controlUrl && identity.caPem === present.caPem;
    if (leadsHere && present.isInService(speakerId)) usable.add(speakerId);
    else rmSync(file, { force: true });
  }
  return usable;
}

function foldersIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** undefined: it is not there, or a crash has left half of it. */
function read(file: string): z.infer<typeof kept> | undefined {
  try {
    return kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
