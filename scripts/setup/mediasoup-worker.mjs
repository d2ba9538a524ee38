import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { hashOf, PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { run } from './run.mjs';

const DOWNLOAD_BASE = 'https://github.com/versatica/mediasoup/releases/download';
const FIRST_ANSWER_TIMEOUT_MS = 5000;
const DOWNLOAD_TIMEOUT_MS = 60_000;
/** What a worker answers that is started by hand, without the variable MEDIASOUP_VERSION: proof that it can run on this machine. */
const GOOD_EXIT_CODE = 41;

/** @returns {string | undefined} the worker given by the environment, or a fitting one in the cache */
export function findWorker({ cache, env }) {
  if (env.MEDIASOUP_WORKER_BIN) {
    if (runs(env.MEDIASOUP_WORKER_BIN)) return env.MEDIASOUP_WORKER_BIN;
    throw new SetupProblem({
      vi: `MEDIASOUP_WORKER_BIN chỉ đến ${env.MEDIASOUP_WORKER_BIN}, nhưng tập tin này không chạy được. Hãy sửa hoặc bỏ biến đó.`,
      en: `MEDIASOUP_WORKER_BIN names ${env.MEDIASOUP_WORKER_BIN}, which does not run. Correct or unset the variable.`,
    });
  }
  return [places(cache).prebuilt, places(cache).built].find((path) => existsSync(path) && runs(path));
}

/**
 * Tries to fetch the worker that mediasoup's authors publish for each version. They sign nothing: like mediasoup's own install script this trusts
 * the TLS connection to the release page, and then lets the worker prove that it runs here.
 * @returns {Promise<string | undefined>} undefined when it can't be had: no reason to stop, it can be built
 */
export async function fetchWorker({ cache, env, terminal }) {
  const { prebuilt } = places(cache);
  const base = env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || DOWNLOAD_BASE;
  const kernel = release().split('.')[0];
  const url = `${base}/${version()}/mediasoup-worker-${version()}-${process.platform}-${process.arch}-kernel${kernel}.tgz`;
  return terminal.step(
    { vi: `Tải máy chủ âm thanh mediasoup ${version()}`, en: `Fetching the media server mediasoup ${version()}` },
    { vi: 'phát một luồng tới mọi loa', en: 'it sends one stream to every speaker' },
    async () => {
      const reason = await download({ url, target: prebuilt });
      if (reason === undefined) return prebuilt;
      terminal.note({
        vi: `không tải được (${reason}); sẽ biên dịch từ mã nguồn`,
        en: `not available (${reason}); it will be built from source`,
      });
      return undefined;
    },
  );
}

/** Builds the worker from the npm package's sources. */
export async function buildWorker({ cache, terminal }) {
  const { built } = places(cache);
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

function places(cache) {
  const name = `mediasoup-worker-${version()}-${process.platform}-${process.arch}`;
  return {
    prebuilt: join(cache, name, 'mediasoup-worker'),
    built: join(cache, `${name}-${hashOf(['scripts/mediasoup-worker'], (path) => path.endsWith('.md'))}`, 'mediasoup-worker'),
  };
}

function version() {
  return JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')).packages['node_modules/mediasoup'].version;
}

function runs(path) {
  return spawnSync(path, [], { env: {}, stdio: 'ignore', timeout: 10_000 }).status === GOOD_EXIT_CODE;
}

/** @returns {Promise<string | undefined>} why it failed */
async function download({ url, target }) {
  const folder = `${dirname(target)}.${process.pid}`;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error('no answer')), FIRST_ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]) });
    clearTimeout(timer);
    if (!response.ok) return `HTTP ${response.status}`;
    mkdirSync(folder, { recursive: true });
    const archive = join(folder, 'worker.tgz');
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    const { code } = await run('tar', ['--extract', '--gzip', '--file', archive, '--directory', folder, 'mediasoup-worker']);
    if (code !== 0) return 'a damaged archive';
    const worker = join(folder, 'mediasoup-worker');
    chmodSync(worker, 0o755);
    if (!runs(worker)) return 'it does not run on this machine';
    mkdirSync(dirname(target), { recursive: true });
    renameSync(worker, target);
    return undefined;
  } catch (error) {
    return error.cause?.code ?? error.message;
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
