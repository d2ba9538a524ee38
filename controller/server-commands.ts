import { z } from 'zod';
import type { AuditTrail } from './accounts/index.ts';
import type { Clock } from './clock.ts';
import { createRefusedEntries } from './refused-entries.ts';
import type { KeptQuarantine, Store } from './store/index.ts';

const chosen = z.union([z.literal('all'), z.array(z.string()).min(1)]);
const why = z.string().trim().min(1).max(400);
/** Who gave it, as the server knows them. */
const by = z.string().min(1).max(100);

const serverCommand = z.discriminatedUnion('command', [
  z.object({ command: z.literal('refused.list') }),
  z.object({ command: z.literal('refused.put_back'), chosen, by }),
  z.object({ command: z.literal('refused.drop'), chosen, why, by }),
  z.object({ command: z.literal('audit.verify') }),
  z.object({ command: z.literal('audit.acknowledge'), why, by }),
]);
export type ServerCommand = z.infer<typeof serverCommand>;

export interface ServerCommandDeps {
  store: Store;
  quarantine: KeptQuarantine;
  audit: AuditTrail;
  clock: Clock;
}

/** What can be done on the server alone, in the controller that runs or, while none does, in the command itself. */
export function createServerCommands(deps: ServerCommandDeps): (command: unknown) => Promise<unknown> {
  const refused = createRefusedEntries(deps);
  return async (given) => {
    const command = serverCommand.parse(given);
    switch (command.command) {
      case 'refused.list':
        return refused.list();
      case 'refused.put_back':
        return refused.putBack(command.chosen, command.by);
      case 'refused.drop':
        return refused.drop(command.chosen, command.why, command.by);
      case 'audit.verify':
        return deps.audit.verify();
      case 'audit.acknowledge':
        return deps.audit.acknowledge(command.why, command.by);
    }
  };
}
