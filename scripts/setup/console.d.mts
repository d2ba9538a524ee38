export function consoleProblem(lines: readonly string[]): { words: { vi: string; en: string }; command?: string; details: string[] };
