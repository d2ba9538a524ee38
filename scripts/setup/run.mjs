import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const KEPT_LINES = 200;

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, onStatusLine?: (line: string) => void }} [options]
 *   `onStatusLine` receives what the program writes to file descriptor 3
 * @returns {Promise<{ code: number, lines: string[] }>} its last lines, standard output and error together
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const lines = [];
    const env = options.env ?? process.env;
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const keep = (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      options.onLine?.(line);
    };
    eachLine(child.stdout, keep);
    eachLine(child.stderr, keep);
    eachLine(child.stdio[3], (line) => options.onStatusLine?.(line));
    child.once('error', (error) => {
      keep(error.message);
      resolve({ code: 127, lines });
    });
    child.once('close', (code) => resolve({ code: code ?? 1, lines }));
  });
}

/** The path of a program, or undefined when it isn't installed. */
export function findProgram(name) {
  for (const folder of new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'])) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

function eachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const parts = (rest + chunk).split(/[\r\n]+/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') take(part.trimEnd());
  });
  stream.on('end', () => {
    if (rest.trim() !== '') take(rest.trimEnd());
  });
}
