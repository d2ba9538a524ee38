import { isNotNull } from 'drizzle-orm';
import { type Store, schema } from '../store/index.ts';

/** Whether there is a speaker that would not know another certificate authority. */
export async function hasEnrolledSpeakers(store: Store): Promise<boolean> {
  const { speakers } = schema;
  const found = await store.retry(() =>
    store.db.select({ id: speakers.id }).from(speakers).where(isNotNull(speakers.certificateSha256)).limit(1),
  );
  return found.length > 0;
}
