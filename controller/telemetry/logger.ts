import pino from 'pino';
import { errorForLog } from './error-for-log.ts';

export type Logger = pino.Logger;

/** Structured log on standard error; the terminal view of `npm start` has standard output. Secrets never reach it by name. */
export function createLogger(options: { level: string; destination?: pino.DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (thrown: unknown) => errorForLog(thrown) },
      redact: {
        paths: ['*.password', '*.claim', '*.token', '*.speakerKey', '*.controllerKey', 'req.headers.cookie', 'req.headers.authorization'],
        censor: '[secret]',
      },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
