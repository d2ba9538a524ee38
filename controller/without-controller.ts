import path from 'node:path';
import { createAuditTrail } from './accounts/index.ts';
import { SystemClock } from './clock.ts';
import type { Config } from './config.ts';
import { openDataDirectory } from './processes/index.ts';
import { createServerCommands, type ServerCommand } from './server-commands.ts';
import { createEmbeddedPostgres, createQuarantine, createSoleController, createStore, type LocalJournal } from './store/index.ts';
import { createLogger } from './telemetry/logger.ts';

const clock = new SystemClock();
const logger = createLogger({ level: process.env.LOA_XA_LOG_LEVEL ?? 'silent' });

/** A command of the server while no controller runs. Under the locks of one, so that none starts meanwhile, and that one which runs elsewhere is seen. */
export async function doHere(config: Config, command: ServerCommand): Promise<unknown> {
  const open: { close(): Promise<void> }[] = [];
  try {
    const directory = await openDataDirectory({ path: config.dataDir, clock, logger });
    open.push(directory);
    const dataDir = directory.path;
    let databaseUrl = config.databaseUrl;
    if (!databaseUrl) {
      const postgres = createEmbeddedPostgres({ dataDirectory: dataDir, account: directory.account, clock, logger });
      open.push(postgres);
      await postgres.start();
      databaseUrl = postgres.databaseUrl();
    }
    const sole = createSoleController({ databaseUrl, clock, logger, onYield: () => undefined });
    open.push(sole);
    await sole.start();
    const quarantine = createQuarantine({ folder: path.join(dataDir, 'journal'), clock, logger });
    const store = createStore({ databaseUrl, quarantine, clock, logger });
    open.push(store);
    const audit = createAuditTrail({ store, local: untouched, clock, logger, dataDir });
    open.push(audit);
    await audit.start();
    return await createServerCommands({ store, quarantine, audit, clock })(command);
  } finally {
    for (const part of open.reverse()) await part.close();
  }
}

/** What the last run kept there is the next run's to bring in. */
const untouched: LocalJournal = {
  start: async () => undefined,
  close: async () => undefined,
  left: () => [],
  append: async () => undefined,
  settle: () => undefined,
};
