import type { Clock, Timer } from '../clock.ts';

interface Output {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

const PLAIN_PERIOD_MS = 5000;
const LIVE_PERIOD_MS = 1000;

export interface TerminalPainter {
  start(): void;
  close(): void;
}

/**
 * Redraws the lines in place on a terminal, or prints them every five seconds where output is a file or a pipe, so that
 * `npm start | tee log` stays readable.
 */
export function createTerminalPainter(deps: { clock: Clock; output: Output; lines: () => string[] }): TerminalPainter {
  const { clock, output, lines } = deps;
  let timer: Timer | undefined;
  let drawn = 0;
  let last = '';

  const fit = (line: string): string => {
    const width = output.columns ?? 120;
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  };

  const draw = (): void => {
    if (output.isTTY) {
      const text = lines().map(fit);
      output.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${text.map((line) => `\u001b[2K${line}`).join('\n')}\n\u001b[J`);
      drawn = text.length;
    } else {
      // The first line carries the time of day; the rest decides whether there is anything new to say.
      const text = lines();
      const news = text.slice(1).join('\n');
      if (news !== last) output.write(`${text.join('\n')}\n\n`);
      last = news;
    }
  };

  return {
    start() {
      draw();
      timer = clock.every('terminal view', output.isTTY ? LIVE_PERIOD_MS : PLAIN_PERIOD_MS, draw);
    },
    close() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
