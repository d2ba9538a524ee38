import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { createLocalJournal, type LocalJournal } from '../../controller/store/index.ts';
import { makeScratchFolder } from './scratch-folder.ts';

/** A real local journal in a folder of its own; opened when something is appended, so that it need not be started. */
export function createTestJournal(folder = makeScratchFolder('journal')): LocalJournal {
  return createLocalJournal({ folder, clock: new SystemClock(), logger: pino({ level: 'silent' }) });
}
