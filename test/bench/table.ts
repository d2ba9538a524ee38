import type { BenchRow } from './bench-row.ts';

function figure(value: number | null): string {
  if (value === null) return '';
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A plain-text table for the terminal; one line per row, columns aligned. */
export function renderTable(rows: readonly BenchRow[]): string {
  const header = ['what', 'metric', 'profile', 'n', 'figure', 'target', '', 'beside', 'ratio'];
  const lines = rows.map((row) => [
    row.name,
    row.metric,
    row.profile ?? '',
    String(row.n),
    `${figure(row.value)} ${row.unit}`,
    row.target === null ? '' : `${figure(row.target)} ${row.unit}`,
    row.pass === null ? '' : row.pass ? 'reached' : 'MISSED',
    row.peer ?? '',
    figure(row.ratio),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[header, widths.map((width) => '-'.repeat(width)), ...lines].map(format).join('\n')}\n`;
}
