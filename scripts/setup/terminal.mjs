const LIVE_PERIOD_MS = 200;
const QUIET_PERIOD_MS = 15_000;

/** The language of set-up's messages: what was asked for, else the terminal's. */
export function chooseLanguage(env) {
  if (env.LOA_XA_LANGUAGE === 'vi' || env.LOA_XA_LANGUAGE === 'en') return env.LOA_XA_LANGUAGE;
  return /^vi/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'vi' : 'en';
}

/**
 * Prints the steps of set-up: on a terminal one live line with the elapsed time, in a log a line at the start, every 15 s and at the end.
 * @param {{ stream: import('node:tty').WriteStream, language: 'vi' | 'en' }} options
 */
export function createTerminal({ stream, language }) {
  const isLive = stream.isTTY === true;
  const say = (words) => words[language];

  function note(words) {
    stream.write(`  ${say(words)}\n`);
  }

  /**
   * Runs `task` as one step. `task` receives a function that replaces the live text ("120 of 261").
   * @template Result
   * @param {{ vi: string, en: string }} title
   * @param {{ vi: string, en: string }} why
   * @param {(progress: (text: string) => void) => Promise<Result>} task
   * @returns {Promise<Result>}
   */
  async function step(title, why, task) {
    const startedAt = Date.now();
    let text = '';
    const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
    stream.write(`• ${say(title)} (${say(why)})\n`);
    const show = () => {
      const line = `  … ${[elapsed(), text].filter(Boolean).join(', ')}`;
      if (isLive) stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
      else stream.write(`${line}\n`);
    };
    const timer = setInterval(show, isLive ? LIVE_PERIOD_MS : QUIET_PERIOD_MS);
    const clear = () => {
      clearInterval(timer);
      if (isLive) stream.write('\r\x1b[2K');
    };
    try {
      const result = await task((latest) => {
        text = latest;
      });
      clear();
      stream.write(`  ✓ ${elapsed()}\n`);
      return result;
    } catch (error) {
      clear();
      stream.write(`  ✗ ${elapsed()}\n`);
      throw error;
    }
  }

  /** @param {import('./problem.mjs').SetupProblem} problem */
  function showProblem(problem) {
    for (const line of problem.details) stream.write(`    | ${line}\n`);
    stream.write(`\n${say(problem.words)}\n`);
    if (problem.command) stream.write(`\n    ${problem.command}\n`);
    stream.write('\n');
  }

  return { note, step, showProblem, say };
}
