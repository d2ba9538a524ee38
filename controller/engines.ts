import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Events } from './events.ts';
import { createEmbeddedRedis } from './jobs/index.ts';
import type { DataDirectory, ProcessEvent } from './processes/index.ts';
import { createEmbeddedPostgres } from './store/index.ts';
import type { Logger } from './telemetry/logger.ts';

/** PostgreSQL and Redis: private processes of this controller, unless the configuration names servers. */
export interface Engines {
  start(): Promise<void>;
  close(): Promise<void>;
  databaseUrl(): string;
  /** redis:// address or the path of a unix socket. */
  redis(): string;
  /** Process ids of the private servers that run now. */
  pids(): { postgres: number | undefined; redis: number | undefined };
}

interface EnginesDeps {
  config: Pick<Config, 'databaseUrl' | 'redisUrl'>;
  dataDirectory: DataDirectory;
  clock: Clock;
  logger: Logger;
  events: Events;
}

export function createEngines(deps: EnginesDeps): Engines {
  const { config, dataDirectory, events } = deps;
  const tell = (event: ProcessEvent): void => {
    if (event.kind === 'started') return;
    const code = `engine.${event.name.toLowerCase()}`;
    if (event.kind === 'died') {
      events.emit('system.condition', {
        code,
        state: 'raised',
        vi: `${event.name} đã dừng bất ngờ (${event.how}) và đang được khởi động lại. Chương trình đang phát không bị ngắt.`,
        en: `${event.name} ended unexpectedly (${event.how}) and is being started again. What is on air goes on.`,
      });
      return;
    }
    const seconds = (event.downMs / 1000).toFixed(1);
    events.emit('system.condition', {
      code,
      state: 'cleared',
      vi: `${event.name} đã dừng bất ngờ và được khởi động lại sau ${seconds} giây. Chương trình đang phát không bị ngắt.`,
      en: `${event.name} ended unexpectedly and was started again after ${seconds} s. What was on air went on.`,
    });
  };
  const shared = {
    dataDirectory: dataDirectory.path,
    account: dataDirectory.account,
    clock: deps.clock,
    logger: deps.logger,
    onEvent: tell,
  };
  const postgres = config.databaseUrl ? undefined : createEmbeddedPostgres(shared);
  const redis = config.redisUrl ? undefined : createEmbeddedRedis(shared);
  return {
    async start() {
      // Side by side: each takes a good second, and the start has ten in all.
      await Promise.all([postgres?.start(), redis?.start()]);
    },
    async close() {
      await Promise.all([postgres?.close(), redis?.close()]);
    },
    databaseUrl: () => config.databaseUrl ?? postgres?.databaseUrl() ?? '',
    redis: () => config.redisUrl ?? redis?.path() ?? '',
    pids: () => ({ postgres: postgres?.pid(), redis: redis?.pid() }),
  };
}
