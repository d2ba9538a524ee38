import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./child-controller-main.ts', import.meta.url));

export interface ChildController {
  pid: number;
  /** What the child told about itself: process ids of its servers, or the words of its refusal. */
  report: { postgresPid?: number; redisPid?: number; refused?: { code: string; en: string } };
  /** SIGKILL: nothing in the child gets a chance to clean up. */
  kill(): Promise<void>;
}

/** Starts a process of its own that opens a data directory and, if asked, its private servers: something that a test can kill. */
export async function startChildController(options: {
  dataDirectory: string;
  servers: boolean;
  withoutRootPowers?: boolean;
}): Promise<ChildController> {
  const node = [process.execPath, SCRIPT, options.dataDirectory, options.servers ? 'servers' : 'directory-only'];
  // Root passes every permission check; without capabilities it is held to them like anybody else.
  const command = options.withoutRootPowers && process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--', ...node] : node;
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void exited.then(([code]) => reject(new Error(`the child ended with ${code} before it reported`)));
  });
  return {
    pid: child.pid ?? 0,
    report: JSON.parse(line),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
