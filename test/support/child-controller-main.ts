import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { AppError } from '../../controller/errors.ts';
import { createEmbeddedRedis } from '../../controller/jobs/embedded-redis.ts';
import { openDataDirectory } from '../../controller/processes/index.ts';
import { createEmbeddedPostgres } from '../../controller/store/index.ts';

const [, , path = '', mode] = process.argv;
const clock = new SystemClock();
const logger = pino({ level: 'silent' });

try {
  const directory = await openDataDirectory({ path, clock, logger });
  const report: Record<string, unknown> = {};
  if (mode === 'servers') {
    const shared = { dataDirectory: directory.path, account: directory.account, clock, logger, setAside: directory.setAside };
    const postgres = createEmbeddedPostgres(shared);
    const redis = createEmbeddedRedis(shared);
    await Promise.all([postgres.start(), redis.start()]);
    report.postgresPid = postgres.pid();
    report.redisPid = redis.pid();
  }
  console.log(JSON.stringify(report));
  // Stays until it is killed.
  clock.every('stay', 60_000, () => undefined);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.log(JSON.stringify({ refused: { code: error.code, en: error.words.en } }));
}
