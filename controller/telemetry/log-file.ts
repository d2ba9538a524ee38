import { mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';

/** More than a start writes before the data directory is locked; a start that hangs there must not fill the memory. */
const LONGEST_WAIT_LINES = 1000;

export interface LogFile {
  /** Where the logger writes; keeps the lines until open(). */
  destination: pino.DestinationStream;
  /** Moves the last run's log aside, begins a new one and writes what has waited. Standard error takes its place when that fails. */
  open(file: string): void;
}

/** A log whose file is opened only when this process owns the data directory: the log of a controller that runs stays where it is. */
export function createLogFile(): LogFile {
  const waiting: string[] = [];
  let stream: pino.DestinationStream | undefined;
  return {
    destination: {
      write(line) {
        if (stream) stream.write(line);
        else if (waiting.length < LONGEST_WAIT_LINES) waiting.push(line);
      },
    },
    open(file) {
      stream = openStream(file);
      for (const line of waiting.splice(0)) stream.write(line);
    },
  };
}

function openStream(file: string): pino.DestinationStream {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o750 });
    if (statSync(file, { throwIfNoEntry: false })) renameSync(file, `${file}.1`);
    return pino.destination({ dest: file, sync: true });
  } catch (error) {
    const instead = pino.destination({ dest: 2, sync: true });
    instead.write(`${JSON.stringify({ level: 40, err: String(error), msg: 'the log file can’t be written' })}\n`);
    return instead;
  }
}
