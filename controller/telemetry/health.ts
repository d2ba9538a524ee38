import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';

export const HEALTH_STATES = ['ok', 'degraded', 'down'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface CheckResult {
  state: HealthState;
  /** For the administrator; no secret. */
  detail?: string;
}

export interface HealthReport {
  status: HealthState;
  checks: Record<string, CheckResult & { tookMs: number }>;
}

export interface Health {
  /**
   * @param importance 'vital': when it is down, so is the controller (503); 'useful': then it is degraded.
   * @param check A boolean means ok or down. What it throws counts as down.
   */
  register(name: string, importance: 'vital' | 'useful', check: () => Promise<CheckResult | boolean> | CheckResult | boolean): void;
  report(): Promise<HealthReport>;
}

const SLOWEST_CHECK_MS = 2000;
/** Anybody may ask: a flood of questions costs one round of checks a second. */
const FRESH_FOR_MS = 1000;

export function createHealth({ clock }: { clock: Clock }): Health {
  const checks = new Map<string, { importance: 'vital' | 'useful'; run: () => Promise<CheckResult> }>();
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
    return {
      status: worst.includes('down') ? 'down' : worst.includes('degraded') ? 'degraded' : 'ok',
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }

  return {
    register(name, importance, check) {
      checks.set(name, {
        importance,
        async run() {
          const outcome = await check();
          return typeof outcome === 'boolean' ? { state: outcome ? 'ok' : 'down' } : outcome;
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
