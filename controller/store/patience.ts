import type { Clock } from '../clock.ts';

/**
 * Waits for the store no longer than this. The task itself goes on; what becomes of it then, nobody hears.
 * @throws an error that counts as a lost connection (SQLSTATE class 08) when it takes longer
 */
export async function patiently<Result>(task: Promise<Result>, patienceMs: number, clock: Clock): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after('patience with the store', patienceMs, () =>
    late.reject(Object.assign(new Error(`the store did not answer within ${patienceMs} ms`), { code: '08006' })),
  );
  task.catch(() => undefined);
  try {
    return await Promise.race([task, late.promise]);
  } finally {
    timer.cancel();
  }
}
