import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLogFile } from '../../../controller/telemetry/log-file.ts';
import { createLogger } from '../../../controller/telemetry/logger.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

it('the log of the last run is moved aside only when the folder is ours, and nothing said before is lost', () => {
  const file = join(makeScratchFolder('log'), 'log', 'controller.log');
  mkdirSync(join(file, '..'));
  writeFileSync(file, 'the last run\n');
  const log = createLogFile();
  const logger = createLogger({ level: 'info', destination: log.destination });
  logger.info('before the lock');
  expect(readFileSync(file, 'utf8')).toBe('the last run\n');
  log.open(file);
  logger.info('after it');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('the last run\n');
  expect(readFileSync(file, 'utf8')).toMatch(/before the lock[\s\S]*after it/);
});
