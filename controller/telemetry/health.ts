import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';

export const HEALTH_STATES = ['ok', 'degraded', 'down'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface CheckResult {
  state: HealthState;
  /** For the administrator; no secret. */
  detail?: string;
}

/**
 * 'air': without it nothing sounds, and a new start may help. 'vital': people can't work, but what sounds goes on, and a new start
 * would only end it. 'useful': something is missing.
 */
export type HealthImportance = 'air' | 'vital' | 'useful';

export interface HealthReport {
  /** Process and air work: to be left alone, whatever else is away. */
  live: boolean;
  /** People can work with it. */
  ready: boolean;
  status: HealthState;
  checks: Record<string, CheckResult & { tookMs: number }>;
}

export interface Health {
  /** @param check A boolean means ok or down. What it throws counts as down, and so does what takes more than two seconds. */
  register(name: string, importance: HealthImportance, check: () => Promise<CheckResult | boolean> | CheckResult | boolean): void;
  report(): Promise<HealthReport>;
}

const SLOWEST_CHECK_MS = 2000;
/** Anybody may ask: a flood of questions costs one round of checks a second. */
const FRESH_FOR_MS = 1000;

export function createHealth({ clock }: { clock: Clock }): Health {
  const checks = new Map<string, { importance: HealthImportance; run: () => Promise<CheckResult> }>();
  let last: { atMs: number; report: Promise<HealthReport> } | undefined;

  function withinTime(run: () => Promise<CheckResult>): Promise<CheckResult> {
    return new Promise((resolve) => {
      const timer = clock.after('health check', SLOWEST_CHECK_MS, () => {
        resolve({ state: 'down', detail: `no answer in ${SLOWEST_CHECK_MS} ms` });
      });
      const finish = (result: CheckResult): void => {
        timer.cancel();
        resolve(result);
      };
      run().then(finish, (error: unknown) => finish({ state: 'down', detail: errorText(error) }));
    });
  }

  async function runAll(): Promise<HealthReport> {
    const results = await Promise.all(
      [...checks].map(async ([name, { importance, run }]) => {
        const startMs = clock.monotonicMs();
        const result = await withinTime(run);
        return { name, importance, result: { ...result, tookMs: Math.round((clock.monotonicMs() - startMs) * 10) / 10 } };
      }),
    );
    const worst = results.map(({ importance, result }) => (result.state === 'down' && importance === 'useful' ? 'degraded' : result.state));
    const isDown = (of: HealthImportance): boolean =>
      results.some(({ importance, result }) => importance === of && result.state === 'down');
    return {
      live: !isDown('air'),
      ready: !worst.includes('down'),
      status: worst.includes('down') ? 'down' : worst.includes('degraded') ? 'degraded' : 'ok',
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }

  return {
    register(name, importance, check) {
      const run = async (): Promise<CheckResult> => {
        const outcome = await check();
        return typeof outcome === 'boolean' ? { state: outcome ? 'ok' : 'down' } : outcome;
      };
      let running: Promise<CheckResult> | undefined;
      checks.set(name, {
        importance,
        // One that hangs is waited for, not asked once more every second: on a disk that hangs, each would hold a thread.
        run: () => {
          running ??= run().finally(() => {
            running = undefined;
          });
          return running;
        },
      });
      last = undefined;
    },
    report() {
      const nowMs = clock.monotonicMs();
      if (!last || nowMs - last.atMs >= FRESH_FOR_MS) last = { atMs: nowMs, report: runAll() };
      return last.report;
    },
  };
}
