/**
 * Whether the store refused the data themselves (SQLSTATE classes 22 data exception and 23 constraint, PostgreSQL documentation,
 * appendix A): the same rows would be refused for ever.
 */
export function isDataRefusal(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && /^2[23]...$/.test(code)) return true;
  }
  return false;
}

/**
 * Writes a batch; when the store refuses it for its data, one by one, so that a bad entry costs no other. Rejects when
 * the store can't be written to; `onWritten` has then said what is safe.
 */
export async function writeApart<Entry>(options: {
  entries: readonly Entry[];
  write(entries: readonly Entry[]): Promise<void>;
  onWritten(entries: readonly Entry[]): void;
  /** Never to be tried again. */
  onRefused(entry: Entry, error: unknown): void;
}): Promise<void> {
  const { entries, write, onWritten, onRefused } = options;
  try {
    await write(entries);
    onWritten(entries);
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) onRefused(only, error);
    else for (const entry of entries) await writeApart({ ...options, entries: [entry] });
  }
}

/** What the store said, without the rows (a failed query's own message repeats them, and they came from outside). */
export function refusalText(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
