import type { OutboxQueue } from '../store/index.ts';
import type { BroadcastRecord, RecordPatch } from './record.ts';

/** A line of the broadcast log. */
export interface LogLine {
  /** Its own: written twice, it is there once. */
  entryId: string;
  atMs: number;
  kind: string;
  detail: Record<string, unknown>;
}

/** What the store does not know yet of one broadcast's row. */
export interface RowChange {
  broadcastId: string;
  /** The row itself; by the time it is written it may have changed, so it is written as it is then. */
  insert: BroadcastRecord | undefined;
  patch: RecordPatch;
}

/** One thing to write: a row, or a line of its log. Apart, so that a line that the store refuses costs no state, and a row no line. */
export type Unwritten = RowChange | { broadcastId: string; line: LogLine };

interface Change {
  insert: BroadcastRecord | undefined;
  patch: RecordPatch;
  lines: LogLine[];
}

/** Changes that wait for the store, gathered by broadcast, those that came first first. */
export class UnwrittenChanges implements OutboxQueue<Unwritten> {
  #changes = new Map<string, Change>();
  #lineCount = 0;

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  addInsert(record: BroadcastRecord): void {
    this.#of(record.broadcastId).insert = record;
  }

  addPatch(broadcastId: string, patch: RecordPatch): void {
    Object.assign(this.#of(broadcastId).patch, patch);
  }

  addLine(broadcastId: string, line: LogLine): void {
    this.#of(broadcastId).lines.push(line);
    this.#lineCount += 1;
  }

  /** What of its row waits; nothing that is written before it may undo that. */
  patchOf(broadcastId: string): RecordPatch {
    return this.#changes.get(broadcastId)?.patch ?? {};
  }

  linesOf(broadcastId: string): readonly LogLine[] {
    return this.#changes.get(broadcastId)?.lines ?? [];
  }

  forget(broadcastId: string): void {
    this.#changes.delete(broadcastId);
    this.#lineCount = this.#countLines();
  }

  /** All of them, each row before its lines; none wait any more. */
  take(): Unwritten[] {
    const taken = [...this.#changes].flatMap(([broadcastId, { insert, patch, lines }]): Unwritten[] => {
      const isRow = insert !== undefined || Object.keys(patch).length > 0;
      return [...(isRow ? [{ broadcastId, insert, patch }] : []), ...lines.map((line) => ({ broadcastId, line }))];
    });
    this.#changes = new Map();
    this.#lineCount = 0;
    return taken;
  }

  /** They could not be written: they go before what has come since. */
  putBack(taken: readonly Unwritten[]): void {
    const since = this.#changes;
    this.#changes = new Map();
    for (const unwritten of taken) {
      const change = this.#of(unwritten.broadcastId);
      if ('line' in unwritten) change.lines.push(unwritten.line);
      else this.#merge(change, unwritten);
    }
    for (const [broadcastId, later] of since) {
      const change = this.#of(broadcastId);
      this.#merge(change, later);
      change.lines.push(...later.lines);
    }
    this.#lineCount = this.#countLines();
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

  #of(broadcastId: string): Change {
    const known = this.#changes.get(broadcastId);
    if (known) return known;
    const fresh: Change = { insert: undefined, patch: {}, lines: [] };
    this.#changes.set(broadcastId, fresh);
    return fresh;
  }

  #merge(change: Change, { insert, patch }: Pick<Change, 'insert' | 'patch'>): void {
    change.insert ??= insert;
    Object.assign(change.patch, patch);
  }

  #countLines(): number {
    return [...this.#changes.values()].reduce((sum, { lines }) => sum + lines.length, 0);
  }
}

function older(one: Change, other: Change): Change {
  return (one.lines[0]?.atMs ?? 0) <= (other.lines[0]?.atMs ?? 0) ? one : other;
}
