import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupConditions } from '../../../controller/protocol/condition-groups.ts';
import { CLEARED_CONDITION_SHOWN_MS, type Condition, conditionKey } from '../../../controller/protocol/conditions.ts';

const NOW = 10_000_000;
const condition = (part: Partial<Condition> & { code: string }): Condition => ({ vi: part.code, en: part.code, ...part });
const codes = ['store.away', 'engine.postgresql', 'audit.delayed', 'jobs.redis', 'engine.redis', 'air.broadcast_failed', 'disk'];
const someCondition = fc
  .record({
    code: fc.constantFrom(...codes),
    subject: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    clearedAtMs: fc.option(fc.integer({ min: NOW - 2 * CLEARED_CONDITION_SHOWN_MS, max: NOW }), { nil: undefined }),
    untilMs: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }), { nil: undefined }),
    lapsed: fc.boolean(),
  })
  .map(({ lapsed, ...part }) => condition({ ...part, ...(lapsed && part.clearedAtMs !== undefined ? { lapsed } : {}) }));
const conditions = fc.uniqueArray(someCondition, { selector: conditionKey, maxLength: 12 });

describe('what is told of conditions', () => {
  it('is one place for one outage: PostgreSQL that stands still is not four alarms', () => {
    const all = ['audit.delayed', 'broadcasts.store_away', 'store.away', 'receipts_not_stored', 'jobs.redis'].map((code) =>
      condition({ code }),
    );
    expect(groupConditions(all, NOW).map(({ head, others }) => [head.code, others.map(({ code }) => code)])).toEqual([
      ['store.away', ['broadcasts.store_away', 'receipts_not_stored', 'audit.delayed']],
      ['jobs.redis', []],
    ]);
  });

  it('one outage that is over is told once, while a part of it lasts only that part', () => {
    const over = ['store.away', 'audit.delayed'].map((code) => condition({ code, clearedAtMs: NOW - 1 }));
    expect(groupConditions(over, NOW)).toEqual([{ key: 'store', head: over[0], others: [] }]);
    const lasting = condition({ code: 'receipts_not_stored' });
    expect(groupConditions([...over, lasting], NOW)).toEqual([{ key: 'store', head: lasting, others: [] }]);
  });

  it('what was never put right is not hidden behind what was', () => {
    const right = condition({ code: 'air.broadcast_failed', subject: 'a', clearedAtMs: NOW });
    const lapsed = ['b', 'c'].map((subject) => condition({ code: 'air.broadcast_failed', subject, clearedAtMs: NOW, lapsed: true }));
    expect(groupConditions([right, ...lapsed], NOW)).toMatchObject([{ head: lapsed[0], others: [lapsed[1]] }]);
  });

  it('leaves out nothing that lasts, and nothing twice; a group tells of one state, and what lasts comes first', () => {
    fc.assert(
      fc.property(conditions, (all) => {
        const groups = groupConditions(all, NOW);
        const told = groups.flatMap(({ head, others }) => [head, ...others]);
        expect(new Set(told.map(conditionKey)).size).toBe(told.length);
        for (const one of all.filter(({ clearedAtMs, untilMs }) => clearedAtMs === undefined && (untilMs ?? Infinity) > NOW)) {
          expect(told).toContain(one);
        }
        for (const { head, others } of groups) {
          for (const other of others) expect(other.clearedAtMs === undefined).toBe(head.clearedAtMs === undefined);
        }
        const isOver = groups.map(({ head }) => head.clearedAtMs !== undefined);
        expect(isOver).toEqual([...isOver].sort((one, other) => Number(one) - Number(other)));
        expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
      }),
    );
  });
});
