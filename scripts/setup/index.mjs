import { dirname } from 'node:path';
import { ensureConsole } from './console.mjs';
import { installPackages, missingBuildPackages, missingPackages } from './debian-packages.mjs';
import { alone } from './lock.mjs';
import { buildWorker, findWorker } from './mediasoup-worker.mjs';
import { ensureNode } from './node-runtime.mjs';
import { ensureNpmDependencies } from './npm-dependencies.mjs';
import { cacheFolder } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { chooseLanguage, createTerminal } from './terminal.mjs';

/**
 * Makes this machine ready, asking for nothing and doing only what isn't done yet (well under a second when everything is).
 * A problem is explained on standard error and ends the process with exit code 1.
 * @param {'start' | 'test' | 'bench' | 'chaos'} purpose
 * @returns {Promise<{ node: string, environment: Record<string, string | undefined> }>} the Node to run and the environment to give it
 */
export async function setUp(purpose, env = process.env) {
  // Standard output belongs to what is run afterwards (a bench writes JSON there).
  const terminal = createTerminal({ stream: process.stderr, language: chooseLanguage(env) });
  const cache = cacheFolder(env);
  try {
    const { node, worker } = await alone({ cache, terminal }, () => prepare({ purpose, env, cache, terminal }));
    return { node, environment: { ...env, PATH: `${dirname(node)}:${env.PATH ?? ''}`, MEDIASOUP_WORKER_BIN: worker } };
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    terminal.showProblem(error);
    process.exit(1);
  }
}

async function prepare({ purpose, env, cache, terminal }) {
  const node = await ensureNode({ cache, terminal });
  let worker = findWorker({ cache, env });
  // One visit to the Debian mirror for everything: the message of a user who isn't root then holds the whole command, too.
  const missing = missingPackages(purpose);
  const forBuild = worker ? [] : await missingBuildPackages();
  const why = reasons(missing, forBuild.length > 0);
  await installPackages({ names: [...missing.map(({ name }) => name), ...forBuild], why, terminal });
  await ensureNpmDependencies({ node, terminal });
  worker ??= await buildWorker({ cache, terminal });
  await ensureConsole({ node, terminal });
  return { node, worker };
}

function reasons(missing, hasBuild) {
  const join = (language) => missing.map((needed) => `${needed.name}: ${needed[language]}`);
  return {
    vi: [...join('vi'), ...(hasBuild ? ['còn lại: để biên dịch máy chủ âm thanh'] : [])].join('; '),
    en: [...join('en'), ...(hasBuild ? ['the rest: to build the media server'] : [])].join('; '),
  };
}
