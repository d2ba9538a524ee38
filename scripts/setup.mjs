/** `npm run setup [-- --for start|test|bench]`: makes the machine ready and starts nothing. */
import { setUp } from './setup/index.mjs';

const purpose =
  process.argv[2] === undefined ? 'start' : process.argv[2] === '--for' ? process.argv[3] : process.argv[2].replace(/^--for=/, '');
if (!['start', 'test', 'bench', 'chaos'].includes(purpose)) {
  console.error('Usage: npm run setup [-- --for start|test|bench]');
  process.exit(2);
}
const startedAt = Date.now();
const { node, environment } = await setUp(purpose);
console.log(`Ready for ${purpose} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${node}, ${environment.MEDIASOUP_WORKER_BIN}`);
