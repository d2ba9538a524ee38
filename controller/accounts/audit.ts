/** One line of the audit trail: who did what to which thing. Never holds a secret. */
export interface AuditEntry {
  actorId: string | null;
  actorName: string;
  action: string;
  target: string;
  ip: string | null;
  detail?: Record<string, unknown>;
}

export interface AuditRecordOptions {
  /**
   * For what must work without a database (stopping a broadcast, an emergency, a refused intruder): resolves at once,
   * and the entry waits in memory until the store is back. Without it, record() rejects when the entry is not safely stored.
   */
  whenPossible?: boolean;
  /** With `whenPossible`: it resolves when the entry is in the store or, if that takes too long, in the local journal on the disk. */
  keep?: boolean;
}

/** The trail is a hash chain in the store: an altered or removed line shows. */
export interface Audit {
  record(entry: AuditEntry, options?: AuditRecordOptions): Promise<void>;
}

/** Who did something: a person with an account, by its name and not by what the person calls themselves; else what it was (a demo, an import). */
export interface Author {
  userId: string | null;
  username?: string;
  displayName: string;
  ip?: string;
}

/** The part of an entry that says who. */
export function entryBy({ userId, username, displayName, ip }: Author): Pick<AuditEntry, 'actorId' | 'actorName' | 'ip'> {
  return { actorId: userId, actorName: username ?? displayName, ip: ip ?? null };
}

/** Records what has happened already: to answer "failed" because the trail can't be written would be false, and to forget it worse. */
export async function recordDone(audit: Audit, entry: AuditEntry, onDelay?: (error: unknown) => void): Promise<void> {
  try {
    await audit.record(entry);
  } catch (error) {
    onDelay?.(error);
    await audit.record(entry, { whenPossible: true });
  }
}
