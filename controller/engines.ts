import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { AppError, errorText, type Words } from './errors.ts';
import type { AppEvents, Events } from './events.ts';
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
  config: Pick<Config, 'databaseUrl' | 'redisUrl' | 'newDatabase'>;
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
    setAside: dataDirectory.setAside,
  };
  const postgres = config.databaseUrl ? undefined : createEmbeddedPostgres({ ...shared, mayReplace: config.newDatabase });
  const redis = config.redisUrl ? undefined : createEmbeddedRedis(shared);
  /** Only new bulletins need it. */
  const tellMissing = (error: unknown): void => {
    const words = error instanceof AppError ? error.words : { vi: errorText(error), en: errorText(error) };
    deps.logger.error({ error: errorText(error) }, 'the private Redis can’t be started; the controller starts without it');
    events.emit('system.condition', {
      code: 'engine.redis',
      state: 'raised',
      vi: `Không khởi động được Redis: bản tin mới chờ xử lý, loa vẫn phát bình thường. ${words.vi}`,
      en: `Redis can't be started: new bulletins wait to be processed, the loudspeakers work. ${words.en}`,
    });
  };
  return {
    async start() {
      // Side by side: each takes a good second, and the start has ten in all.
      await Promise.all([postgres?.start(), redis?.start().catch(tellMissing)]);
    },
    async close() {
      await Promise.all([postgres?.close(), redis?.close()]);
    },
    databaseUrl: () => config.databaseUrl ?? postgres?.databaseUrl() ?? '',
    redis: () => config.redisUrl ?? redis?.path() ?? '',
    pids: () => ({ postgres: postgres?.pid(), redis: redis?.pid() }),
  };
}

/** PostgreSQL by the store's watch. */
export function storeCondition(state: 'away' | 'back'): AppEvents['system.condition'] {
  const code = 'store.away';
  return state === 'away'
    ? {
        code,
        state: 'raised',
        vi: 'Cơ sở dữ liệu không trả lời. Đang phát vẫn phát; phát khẩn cấp và dừng phát vẫn dùng được; việc khác chờ đến khi cơ sở dữ liệu trở lại.',
        en: 'The database does not answer. What is on air goes on; emergencies and stopping work; everything else waits until it is back.',
      }
    : {
        code,
        state: 'cleared',
        vi: 'Cơ sở dữ liệu có lúc không trả lời; nay đã trở lại.',
        en: 'The database did not answer for a while; it is back.',
      };
}

/** Redis by the job queue's connection. */
export function redisCondition(state: 'lost' | 'back', unreachable: Words = { vi: '', en: '' }): AppEvents['system.condition'] {
  const code = 'jobs.redis';
  return state === 'lost'
    ? {
        code,
        state: 'raised',
        vi: `Redis không trả lời: bản tin mới chờ xử lý. Chương trình đang phát không bị ảnh hưởng. ${unreachable.vi}`.trim(),
        en: `Redis does not answer: new bulletins wait to be processed. What is on air is not affected. ${unreachable.en}`.trim(),
      }
    : {
        code,
        state: 'cleared',
        vi: 'Redis đã không trả lời một lúc; các bản tin chờ đang được xử lý tiếp.',
        en: 'Redis did not answer for a while; bulletins that waited are processed again.',
      };
}
