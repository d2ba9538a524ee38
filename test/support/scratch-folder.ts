import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Waits until the test process is gone however it ended (its end of the pipe closes), lets servers inside stop, and removes the folder. */
const REMOVE_WHEN_ORPHANED = 'cat >/dev/null; for pause in 1 2 5; do sleep "$pause"; rm -rf -- "$1" && exit; done';

/** A temporary folder that lives as long as this process, also when the process is killed. */
export function makeScratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `loa-xa-test-${name}-`));
  const remover = spawn('sh', ['-c', REMOVE_WHEN_ORPHANED, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  remover.unref();
  (remover.stdin as Socket).unref();
  return folder;
}
