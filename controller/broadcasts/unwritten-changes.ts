import type { BroadcastRecord, RecordPatch } from './record.ts';

/** A line of the broadcast log. */
export interface LogLine {
  atMs: number;
  kind: string;
  detail: Record<string, unknown>;
}

/** What the store does not know yet of one broadcast. */
export interface UnwrittenChange {
  /** The row itself; by the time it is written it may have changed, so it is written as it is then. */
  insert: BroadcastRecord | undefined;
  patch: RecordPatch;
  lines: LogLine[];
}

/** Changes that wait for the store, gathered by broadcast, those that came first first. */
export class UnwrittenChanges {
  #changes = new Map<string, UnwrittenChange>();
  #lineCount = 0;

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  of(broadcastId: string): UnwrittenChange {
    const known = this.#changes.get(broadcastId);
    if (known) return known;
    const fresh: UnwrittenChange = { insert: undefined, patch: {}, lines: [] };
    this.#changes.set(broadcastId, fresh);
    return fresh;
  }

  linesOf(broadcastId: string): readonly LogLine[] {
    return this.#changes.get(broadcastId)?.lines ?? [];
  }

  forget(broadcastId: string): void {
    this.#changes.delete(broadcastId);
    this.#lineCount = this.#countLines();
  }

  /** All of them; none wait any more. */
  take(): ReadonlyMap<string, UnwrittenChange> {
    const taken = this.#changes;
    this.#changes = new Map();
    this.#lineCount = 0;
    return taken;
  }

  /** They could not be written: they go before what has come since. */
  putBack(taken: ReadonlyMap<string, UnwrittenChange>): void {
    const since = this.#changes;
    this.#changes = new Map(taken);
    for (const [broadcastId, { insert, patch, lines }] of since) {
      const change = this.of(broadcastId);
      change.insert ??= insert;
      Object.assign(change.patch, patch);
      change.lines.push(...lines);
    }
    this.#lineCount = this.#countLines();
  }

  addLine(broadcastId: string, line: LogLine): void {
    this.of(broadcastId).lines.push(line);
    this.#lineCount += 1;
  }

  #countLines(): number {
    return [...this.#changes.values()].reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** @returns how many lines were dropped, the oldest ones, so that no more than `most` are kept */
  dropOldLines(most: number): number {
    let dropped = 0;
    while (this.#lineCount > most) {
      const oldest = [...this.#changes.values()].filter(({ lines }) => lines.length > 0).reduce(older);
      oldest.lines.shift();
      this.#lineCount -= 1;
      dropped += 1;
    }
    return dropped;
  }
}

function older(one: UnwrittenChange, other: UnwrittenChange): UnwrittenChange {
  return (one.lines[0]?.atMs ?? 0) <= (other.lines[0]?.atMs ?? 0) ? one : other;
}
