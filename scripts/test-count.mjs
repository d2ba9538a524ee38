/**
 * Counts vitest's JSON report. A test file that could not even be loaded has no tests in it and counts as one failure.
 * @param {() => string} readReport
 * @returns {{ passed: number, failed: number }} nothing passed when there is no report
 */
export function countTests(readReport) {
  let report;
  try {
    report = JSON.parse(readReport());
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloadable.length };
}
