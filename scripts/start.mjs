/** `npm start`: makes the machine ready, then runs the controller. `npm start -- --help` lists the options. */
import { join } from 'node:path';
import { helpText, OptionError, parseOptions } from './options.mjs';
import { runUnderNode } from './run-under-node.mjs';
import { setUp } from './setup/index.mjs';
import { cacheFolder, PROJECT } from './setup/places.mjs';
import { chooseLanguage } from './setup/terminal.mjs';

let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(error.message);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(helpText());
} else {
  const env = { ...process.env, ...options.environment };
  const { node, environment } = await setUp('start', { ...env, LOA_XA_LANGUAGE: chooseLanguage(env) });
  // A small young generation: the controller needs 110 MB less, and its scavenges are shorter.
  // What was compiled before need not be compiled after a crash: the loudspeakers wait for it.
  environment.NODE_COMPILE_CACHE ??= join(cacheFolder(env), 'compiled');
  runUnderNode(node, ['--max-semi-space-size=4', `${PROJECT}/controller/main.ts`], environment);
}
