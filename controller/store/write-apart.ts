import { failureOf, type StoreFailure } from './failure.ts';

/** An entry that the store will never take, and why. */
export interface SetAside<Entry> {
  entry: Entry;
  failure: StoreFailure;
  error: unknown;
}

/** What became of a batch; each entry is in exactly one of the lists, each list in the order of the batch. */
export interface Pass<Entry> {
  written: Entry[];
  setAside: SetAside<Entry>[];
  left: Entry[];
  /** Why some are left. */
  stopped: { failure: StoreFailure; error: unknown } | undefined;
}

/**
 * Writes a batch; what the store does not take for what is in it is halved until the bad entries stand alone, so that they cost no
 * other. One bad entry of n costs about 2 log2(n) writes. A `defect` is an entry's own only when others get through: where none does, all are left.
 * @param write all of them or none, in order
 */
export async function writeApart<Entry>(
  entries: readonly Entry[],
  write: (entries: readonly Entry[]) => Promise<void>,
): Promise<Pass<Entry>> {
  const fates: ('written' | Omit<SetAside<Entry>, 'entry'> | undefined)[] = entries.map(() => undefined);
  const parts: [from: number, to: number][] = [[0, entries.length]];
  let stopped: Pass<Entry>['stopped'];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [from, to] = part;
    try {
      await write(entries.slice(from, to));
      fates.fill('written', from, to);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'away' || failure === 'full') {
        stopped = { failure, error };
        break;
      }
      const middle = (from + to) >> 1;
      // The first half first: what gets through keeps its order.
      if (to - from > 1) parts.push([middle, to], [from, middle]);
      else fates[from] = { failure, error };
    }
  }
  const isAnyWritten = fates.includes('written');
  const pass: Pass<Entry> = { written: [], setAside: [], left: [], stopped };
  for (const [index, entry] of entries.entries()) {
    const fate = fates[index];
    if (fate === 'written') pass.written.push(entry);
    else if (fate && (fate.failure === 'refused' || isAnyWritten)) pass.setAside.push({ entry, ...fate });
    else {
      pass.left.push(entry);
      if (fate) pass.stopped ??= fate;
    }
  }
  return pass;
}
