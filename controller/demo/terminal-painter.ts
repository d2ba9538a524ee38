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

interface PainterDeps {
  clock: Clock;
  output: Output;
  /** Stands above the lines on a terminal, and is printed once elsewhere: it holds the first password. */
  opening: () => string[];
  /** The first one carries the time of day. */
  lines: () => string[];
}

/**
 * Redraws everything in place on a terminal, or prints what changes, at most every five seconds, where output is a file or a pipe:
 * `npm start | tee log` stays readable.
 */
export function createTerminalPainter({ clock, output, opening, lines }: PainterDeps): TerminalPainter {
  let timer: Timer | undefined;
  let drawn = 0;
  let last = '';

  const fit = (line: string): string => {
    const width = output.columns ?? 120;
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  };

  const draw = (): void => {
    if (output.isTTY) {
      const text = [...opening(), ...lines()].map(fit);
      output.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${text.map((line) => `\u001b[2K${line}`).join('\n')}\n\u001b[J`);
      drawn = text.length;
    } else {
      // The time of day alone is nothing new to say.
      const text = lines();
      const news = text.slice(1).join('\n');
      if (news !== last) output.write(`${text.join('\n')}\n\n`);
      last = news;
    }
  };

  return {
    start() {
      if (!output.isTTY) output.write(`${opening().join('\n')}\n`);
      draw();
      timer = clock.every('terminal view', output.isTTY ? LIVE_PERIOD_MS : PLAIN_PERIOD_MS, draw);
    },
    close() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
