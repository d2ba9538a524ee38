/** `node scripts/with-node.mjs FILE [arguments]`: makes the machine ready, then runs a file of the project under the right Node. */
import { resolve } from 'node:path';
import { runUnderNode } from './run-under-node.mjs';
import { setUp } from './setup/index.mjs';

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error('Usage: node scripts/with-node.mjs FILE [arguments]');
  process.exit(2);
}
const { node, environment } = await setUp('start');
runUnderNode(node, [resolve(file), ...rest], environment);
