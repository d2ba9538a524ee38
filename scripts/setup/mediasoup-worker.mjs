import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { run } from './run.mjs';

/** What a worker answers that is started by hand, without the variable MEDIASOUP_VERSION: proof that it can run on this machine. */
const GOOD_EXIT_CODE = 41;

/**
 * The ready-made worker that mediasoup's authors publish is never taken: it gives a speaker's path to a stranger (scripts/mediasoup-worker/README.md),
 * and nobody signs it. The controller lets every worker prove itself when it starts it.
 * @returns {string | undefined} the worker given by the environment, or the one built before from the same sources and patches
 */
export function findWorker({ cache, env }) {
  if (env.MEDIASOUP_WORKER_BIN) {
    if (runs(env.MEDIASOUP_WORKER_BIN)) return env.MEDIASOUP_WORKER_BIN;
    throw new SetupProblem({
      vi: `MEDIASOUP_WORKER_BIN chỉ đến ${env.MEDIASOUP_WORKER_BIN}, nhưng tập tin này không chạy được. Hãy sửa hoặc bỏ biến đó.`,
      en: `MEDIASOUP_WORKER_BIN names ${env.MEDIASOUP_WORKER_BIN}, which does not run. Correct or unset the variable.`,
    });
  }
  const built = place(cache);
  return existsSync(built) && runs(built) ? built : undefined;
}

/** Builds the worker from the npm package's sources, patched. */
export async function buildWorker({ cache, terminal }) {
  const built = place(cache);
  await terminal.step(
    { vi: `Biên dịch máy chủ âm thanh mediasoup ${version()}`, en: `Building the media server mediasoup ${version()}` },
    { vi: 'một lần duy nhất, khoảng 3 phút trên 2 nhân', en: 'once only, about 3 minutes on 2 cores' },
    async (progress) => {
      const script = join(PROJECT, 'scripts', 'mediasoup-worker', 'build.sh');
      const { code, lines } = await run('bash', [script, join(PROJECT, 'node_modules', 'mediasoup'), built], {
        onLine(line) {
          const [, done, total] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? [];
          if (done) progress(`${done} / ${total}`);
        },
      });
      if (code === 0 && runs(built)) return;
      const log = join(cache, 'mediasoup-worker-build.log');
      writeFileSync(log, `${lines.join('\n')}\n`);
      const failure = lines.findIndex((line) => /^FAILED|error:|No space left/.test(line));
      throw new SetupProblem(
        {
          vi: `Không biên dịch được máy chủ âm thanh (mã ${code}). Nhật ký: ${log}`,
          en: `The media server could not be built (exit code ${code}). The log: ${log}`,
        },
        { details: lines.slice(failure < 0 ? -8 : failure, failure < 0 ? undefined : failure + 8) },
      );
    },
  );
  return built;
}

function place(cache) {
  const patches = hashOf(['scripts/mediasoup-worker'], (path) => path.endsWith('.md'));
  return join(cache, `mediasoup-worker-${version()}-${process.platform}-${process.arch}-${patches}`, 'mediasoup-worker');
}

function version() {
  return JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')).packages['node_modules/mediasoup'].version;
}

function runs(path) {
  return spawnSync(path, [], { env: {}, stdio: 'ignore', timeout: 10_000 }).status === GOOD_EXIT_CODE;
}
