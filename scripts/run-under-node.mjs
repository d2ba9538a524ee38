import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { findProgram } from './setup/run.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH'];
const SAME_SIGNAL_WITHIN_MS = 500;

/**
 * Becomes, as far as a process can, the given program: same terminal, signals passed on, exit code kept.
 *
 * The program gets a session of its own and every signal from here: a Ctrl-C reaches this process from the terminal *and* from npm,
 * and the program must see one. It is asked to close when this process is killed.
 */
export function runUnderNode(node, args, environment, echoWithinMs = SAME_SIGNAL_WITHIN_MS) {
  const setpriv = findProgram('setpriv');
  const command = setpriv ? [setpriv, '--pdeathsig=TERM', '--', node, ...args] : [node, ...args];
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: environment, detached: true });
  const lastAt = new Map();
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      const now = Date.now();
      const isEcho = now - (lastAt.get(signal) ?? 0) < echoWithinMs;
      lastAt.set(signal, now);
      if (!isEcho) child.kill(signal);
    });
  }
  child.once('error', (error) => {
    console.error(`${command[0]} could not be run: ${error.message}`);
    process.exit(127);
  });
  child.once('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
  });
}
