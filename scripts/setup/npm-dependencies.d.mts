export function npmProblem(lines: string[]): Error & { words: { vi: string; en: string }; command?: string; details: string[] };
