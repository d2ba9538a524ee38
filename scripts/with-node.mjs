/** `node scripts/with-node.mjs [--for bench|chaos] FILE [arguments]`: makes the machine ready, then runs a file of the project under the right Node. */
import { resolve } from 'node:path';
import { runUnderNode } from './run-under-node.mjs';
import { setUp } from './setup/index.mjs';

const args = process.argv.slice(2);
const purpose = args[0] === '--for' ? args.splice(0, 2)[1] : 'start';
const [file, ...rest] = args;
if (file === undefined || !['start', 'bench', 'chaos'].includes(purpose)) {
  console.error('Usage: node scripts/with-node.mjs [--for start|bench|chaos] FILE [arguments]');
  process.exit(2);
}
const { node, environment } = await setUp(purpose);
runUnderNode(node, [resolve(file), ...rest], environment);
