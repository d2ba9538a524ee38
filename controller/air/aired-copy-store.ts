import { isNull } from 'drizzle-orm';
import { type Store, schema } from '../store/index.ts';
import type { AiredCopyStore } from './aired-copies.ts';

const { airedCopies } = schema;

export function createAiredCopyStore(store: Store): AiredCopyStore {
  return {
    async begun(row) {
      const values = { id: row.id, broadcastId: row.broadcastId, path: row.path, startsAt: new Date(row.startsAtMs) };
      await store.retry(() => store.db.insert(airedCopies).values(values).onConflictDoNothing());
    },
    async ended(row, facts) {
      const ending = { endsAt: new Date(facts.endsAtMs), sizeBytes: facts.sizeBytes, sha256: facts.sha256 };
      const values = { id: row.id, broadcastId: row.broadcastId, path: row.path, startsAt: new Date(row.startsAtMs), ...ending };
      await store.retry(() => store.db.insert(airedCopies).values(values).onConflictDoUpdate({ target: airedCopies.id, set: ending }));
    },
    async unfinished() {
      const rows = await store.db.select().from(airedCopies).where(isNull(airedCopies.endsAt));
      return rows.map(({ id, broadcastId, path, startsAt }) => ({ id, broadcastId, path, startsAtMs: startsAt.getTime() }));
    },
  };
}
