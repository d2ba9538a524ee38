import type { Clock } from './clock.ts';
import { type Engines, storeCondition } from './engines.ts';
import type { AppError } from './errors.ts';
import type { AppEvents } from './events.ts';
import { createSoleController, createStore, migrateDatabase, type Quarantine, type Store } from './store/index.ts';
import type { Logger } from './telemetry/logger.ts';

interface DatabaseDeps {
  engines: Engines;
  quarantine: Quarantine;
  clock: Clock;
  logger: Logger;
  /** Starts it; whoever closes the controller closes it, too. */
  begin(name: string, slice: { start(): unknown; close(): Promise<void> | void }): Promise<void>;
  /** Another controller has taken the database. */
  onYield(reason: AppError): void;
  onCondition(condition: AppEvents['system.condition']): void;
}

/** From nothing to a database that is this controller's alone and of this version. */
export async function openDatabase({ engines, quarantine, clock, logger, begin, onYield, onCondition }: DatabaseDeps): Promise<Store> {
  await begin('engines', engines);
  const databaseUrl = engines.databaseUrl();
  // Before the migrations: a database that another controller works with is not changed under it.
  await begin('lock on the database', createSoleController({ databaseUrl, clock, logger, onYield }));
  await migrateDatabase({ databaseUrl });
  const store = createStore({ quarantine, databaseUrl, clock, logger, onChange: (state) => onCondition(storeCondition(state)) });
  await begin('store', store);
  return store;
}
