import { eq } from 'drizzle-orm';
import { type Audit, type Author, entryBy, recordDone } from '../accounts/index.ts';
import type { Clock } from '../clock.ts';
import { type EmergencySettings, emergencySettings, FIRST_EMERGENCY_SETTINGS } from '../protocol/settings.ts';
import { type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';

const { settings } = schema;
const EMERGENCY = 'emergency';

export interface SettingsDeps {
  store: Store;
  audit: Audit;
  clock: Clock;
  logger: Logger;
}

/** What the commune has chosen. Kept in memory, so that an emergency never asks the store; written through. */
export interface Settings {
  start(): Promise<void>;
  close(): Promise<void>;
  emergency(): EmergencySettings;
  /** Stored before it returns. */
  changeEmergency(chosen: EmergencySettings, author: Author): Promise<EmergencySettings>;
}

export function createSettings(deps: SettingsDeps): Settings {
  const { store, audit, clock, logger } = deps;
  let emergency = FIRST_EMERGENCY_SETTINGS;

  return {
    async start() {
      const [row] = await store.retry(() => store.db.select().from(settings).where(eq(settings.key, EMERGENCY)));
      if (!row) return;
      const read = emergencySettings.safeParse(row.value);
      if (read.success) emergency = read.data;
      else logger.error({ key: EMERGENCY, reason: read.error.message }, 'stored settings can’t be used; the first values hold');
    },
    async close() {},
    emergency: () => emergency,
    async changeEmergency(chosen, author) {
      const row = { value: chosen, updatedAt: new Date(clock.nowMs()) };
      await store.db
        .insert(settings)
        .values({ key: EMERGENCY, ...row })
        .onConflictDoUpdate({ target: settings.key, set: row });
      const before = emergency;
      emergency = chosen;
      await recordDone(audit, {
        ...entryBy(author),
        action: 'settings.emergency_changed',
        target: EMERGENCY,
        detail: { before, after: chosen },
      });
      return emergency;
    },
  };
}
