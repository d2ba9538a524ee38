import { expect, it } from 'vitest';
import { countTests } from '../../../scripts/test-count.mjs';

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });
const report =
  (numPassedTests: number, numFailedTests: number, ...testResults: unknown[]) =>
  () =>
    JSON.stringify({ numPassedTests, numFailedTests, testResults });

it('counts the tests', () => {
  expect(countTests(report(3, 1, file('failed', 'passed', 'failed'), file('passed', 'passed', 'passed')))).toEqual({
    passed: 3,
    failed: 1,
  });
});

it('counts a file that could not be loaded as a failure', () => {
  expect(countTests(report(1, 0, file('passed', 'passed'), file('failed')))).toEqual({ passed: 1, failed: 1 });
});

it('counts a missing or damaged report as a failure', () => {
  expect(
    countTests(() => {
      throw new Error('ENOENT');
    }),
  ).toEqual({ passed: 0, failed: 1 });
  expect(countTests(() => '{"numPassed')).toEqual({ passed: 0, failed: 1 });
});
