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
}

/** The trail is a hash chain in the store: an altered or removed line shows. */
export interface Audit {
  record(entry: AuditEntry, options?: AuditRecordOptions): Promise<void>;
}
