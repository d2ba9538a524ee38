import { type Accounts, UnlockRequests } from './accounts/index.ts';
import { CommandDesk } from './processes/index.ts';
import { createServerCommands, type ServerCommandDeps } from './server-commands.ts';
import type { Logger } from './telemetry/logger.ts';

interface Deps extends ServerCommandDeps {
  dataDir: string;
  logger: Logger;
  accounts: Pick<Accounts, 'unlock'>;
}

/** Where the controller that runs takes what is asked for by commands on its server. */
export function createServerDesk(deps: Deps): { start(): Promise<void>; close(): void } {
  const commands = new CommandDesk({ ...deps, serve: createServerCommands(deps) });
  const unlocking = new UnlockRequests({ ...deps, unlock: (username) => deps.accounts.unlock(username) });
  return {
    async start() {
      await commands.start();
      await unlocking.start();
    },
    close() {
      commands.close();
      unlocking.close();
    },
  };
}
