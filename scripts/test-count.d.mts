export function countTests(readReport: () => string): { passed: number; failed: number };
