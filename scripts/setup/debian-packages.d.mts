interface Words {
  vi: string;
  en: string;
}
export function missingPackages(purpose: 'start' | 'test' | 'bench'): { name: string; vi: string; en: string }[];
export function missingBuildPackages(): Promise<string[]>;
export function installPackages(options: { names: string[]; why: Words; terminal: unknown; isRoot?: boolean }): Promise<void>;
export function aptProblem(names: string[], lines: string[]): Error & { words: Words; command?: string; details: string[] };
