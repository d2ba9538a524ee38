export interface Option {
  flag?: string;
  variable: string;
  value?: string;
  whenGiven?: string;
  fallback?: string;
  description: string;
}
export const OPTIONS: readonly Option[];
export class OptionError extends Error {}
export function parseOptions(argv: readonly string[]): { help: boolean; environment: Record<string, string> };
export function helpText(): string;
