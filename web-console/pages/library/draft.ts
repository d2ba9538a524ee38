import type { NewBulletin } from '../../api/bulletins.ts';

/** What somebody has written and not saved yet. */
export interface Draft {
  bulletin: NewBulletin;
  text: string;
  keptAtMs: number;
}

const PREFIX = 'loa-xa.draft.';

/**
 * Drafts stay on this device, for each person and each text apart: a session that ends, a reload, or a look at the dictionary loses nothing.
 * A device without room keeps none, and nothing fails.
 */
export function draftsOf(storage: Storage, userId: string, about: string) {
  const key = `${PREFIX}${userId}.${about}`;
  return {
    read(): Draft | undefined {
      try {
        const draft = JSON.parse(storage.getItem(key) ?? 'null') as Partial<Draft> | null;
        return typeof draft?.text === 'string' && draft.bulletin && draft.keptAtMs ? (draft as Draft) : undefined;
      } catch {
        return undefined;
      }
    },
    keep(draft: Draft): void {
      try {
        storage.setItem(key, JSON.stringify(draft));
      } catch {
        // Full, or forbidden by the browser.
      }
    },
    forget: (): void => storage.removeItem(key),
  };
}
