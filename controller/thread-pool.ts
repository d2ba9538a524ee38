import { stat } from 'node:fs/promises';

/**
 * Node's threads for files and password hashes; its usual four are gone when four readings of a disk hang, and then nothing that needs one goes on,
 * on whatever disk. Read once, with the first use: this module is imported before all others.
 */
process.env.UV_THREADPOOL_SIZE ??= '24';

/** All of them are made at their first use. Before the calling thread is preferred, so that a password's hash is not. */
export async function startThreadPool(): Promise<void> {
  await stat('/');
}
