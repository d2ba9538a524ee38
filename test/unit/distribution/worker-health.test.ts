import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProcessFigures } from '../../../controller/distribution/process-figures.ts';
import { LOOKS, WorkerHealth, type WorkerVerdict } from '../../../controller/distribution/worker-health.ts';

const AT_REST: ProcessFigures = { state: 'S', userMs: 1000, kernelMs: 1000, transfers: 1000 };

/** Looks without an answer; the figures change by `step` from one to the next. */
function verdicts(looks: number, step: Partial<ProcessFigures>, health = new WorkerHealth()): WorkerVerdict[] {
  health.look(true, AT_REST);
  return Array.from({ length: looks }, (_, i) => {
    const by = (i + 1) as number;
    return health.look(false, {
      state: step.state ?? 'S',
      userMs: AT_REST.userMs + by * (step.userMs ?? 0),
      kernelMs: AT_REST.kernelMs + by * (step.kernelMs ?? 0),
      transfers: step.transfers === undefined ? undefined : 1000 + by * step.transfers,
    });
  });
}
const firstHung = (all: readonly WorkerVerdict[]): number => all.indexOf('hung') + 1;

describe('a worker that does not answer', () => {
  it('is busy for a minute while it sends (kernel time) or reads what it is sent, however full its core is', () => {
    expect(new Set(verdicts(100, { state: 'R', userMs: 250, kernelMs: 250 }))).toEqual(new Set(['busy']));
    expect(new Set(verdicts(100, { state: 'R', userMs: 490, kernelMs: 0, transfers: 1 }))).toEqual(new Set(['busy']));
    expect(firstHung(verdicts(200, { state: 'R', userMs: 250, kernelMs: 250 }))).toBe(LOOKS.unansweredUntilHung);
  });

  it('hangs when it computes for twenty seconds and asks the kernel for nothing: a loop without an end', () => {
    expect(firstHung(verdicts(200, { state: 'R', userMs: 500, kernelMs: 0, transfers: 0 }))).toBe(LOOKS.fruitlessUntilHung);
  });

  it('is not killed for want of a core or a disk', () => {
    for (const state of ['R', 'D']) expect(verdicts(LOOKS.fruitlessUntilHung - 1, { state })).not.toContain('hung');
  });

  it('hangs when it sleeps beside a question', () => {
    expect(firstHung(verdicts(200, { state: 'S', transfers: 0 }))).toBe(LOOKS.asleepUntilHung);
  });

  it('is told to go on after four seconds of being stopped, and given up when that does not help', () => {
    const all = verdicts(200, { state: 'T' });
    expect(all.slice(0, LOOKS.stoppedUntilContinued - 1).every((verdict) => verdict === 'stopped')).toBe(true);
    expect(all.filter((verdict) => verdict === 'continue')).toHaveLength(1);
    expect([all.indexOf('continue') + 1, firstHung(all)]).toEqual([LOOKS.stoppedUntilContinued, LOOKS.stoppedUntilHung]);
  });

  it('is found out where the kernel tells nothing, too', () => {
    const health = new WorkerHealth();
    const all = Array.from({ length: 200 }, () => health.look(false, undefined));
    expect(firstHung(all)).toBe(LOOKS.fruitlessUntilHung);
  });
});

it('stops of up to three seconds, in whatever order with anything else, never kill, and one answer makes good', () => {
  const stop = fc.record({ state: fc.constantFrom('T', 't', 'R', 'D'), looks: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(fc.array(stop, { maxLength: 30 }), (stops) => {
      const health = new WorkerHealth();
      for (const { state, looks } of stops) {
        for (let i = 0; i < looks; i++) expect(['busy', 'stopped']).toContain(health.look(false, { ...AT_REST, state }));
        expect(health.look(true, AT_REST)).toBe('well');
      }
    }),
  );
});
