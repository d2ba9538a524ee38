import './thread-pool.ts';
import './quick-modules.ts';
import { flushCompileCache } from 'node:module';
import path from 'node:path';
import { type Config, readConfig, terminalLanguage } from './config.ts';
import { AppError } from './errors.ts';
import { preferThisThread } from './processes/priority.ts';
import { createLogFile } from './telemetry/log-file.ts';
import { createLogger } from './telemetry/logger.ts';

/** Exit codes of sysexits.h: a supervisor can tell a wrong configuration (no use trying again) from a failure. */
const EXIT_CONFIG = 78;
const EXIT_FAILED = 1;
/** EX_TEMPFAIL: another controller has the database; trying later is right. */
const EXIT_IN_USE = 75;

function fail(error: unknown, language: Config['language'], code: number): never {
  const text = error instanceof AppError ? error.words[language] : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exit(code);
}

await preferThisThread();
let config: Config;
try {
  config = readConfig(process.env);
} catch (error) {
  fail(error, terminalLanguage(process.env), EXIT_CONFIG);
}

// Listening for the signals before anything starts: Ctrl+C during a long start must leave nothing behind.
let ending: Promise<void> | undefined;
const stops: (() => Promise<void>)[] = [];
const closeAll = async (): Promise<void> => {
  for (const stop of stops.splice(0).reverse()) await stop();
};
const end = (signal: string): void => {
  ending ??= (async () => {
    process.stderr.write(`${config.language === 'vi' ? `\nĐang dừng (${signal}) …` : `\nStopping (${signal}) …`}\n`);
    await closeAll();
    process.exit(0);
  })();
};
// SIGHUP: the terminal is gone, with a dropped SSH session.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(signal));
// What is written after that fails, and must not keep the rest from closing in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  // Not with what is imported above: all that these load is to come after quick-modules.ts.
  const { createApp, SCHEDULES_FOLDER } = await import('./app.ts');
  const { createDemo } = await import('./demo/index.ts');
  // While nothing sounds: at the end Node would write it by itself, but not when it is killed.
  flushCompileCache();
  // On a terminal the view has the screen: the log goes to a file, the last run's kept beside it. Elsewhere (systemd, a container) to standard error.
  const logFile = process.stdout.isTTY ? createLogFile() : undefined;
  const app = await createApp(config, {
    logger: createLogger({ level: config.logLevel, ...(logFile ? { destination: logFile.destination } : {}) }),
    onYield: (reason) => void closeAll().then(() => fail(reason, config.language, EXIT_IN_USE)),
    onDataDirectory: (folder) => logFile?.open(path.join(folder, 'log', 'controller.log')),
  });
  stops.push(app.close);
  const demo = createDemo({ app, config, output: process.stdout, schedulesFolder: SCHEDULES_FOLDER });
  stops.push(demo.close);
  if (ending === undefined) await demo.start();
} catch (error) {
  await closeAll();
  fail(error, config.language, EXIT_FAILED);
}
