/**
 * Exit code 0 when the controller in this container lives: process and air. With --ready, when people can work with it, too; a supervisor
 * that ends what is unhealthy must not ask that, or it would end the air while the database is away.
 */
import { get } from 'node:https';

const port = process.env.LOA_XA_HTTPS_PORT || '8443';
// A controller that listens on one address is not on the loopback.
const listen = process.env.LOA_XA_LISTEN || '::';
const host = listen === '::' || listen === '0.0.0.0' ? '127.0.0.1' : listen.includes(':') ? `[${listen}]` : listen;
// It never leaves this machine, and the answer carries no secret: the certificate need not name this address.
const path = process.argv.includes('--ready') ? '/health/ready' : '/health';
const request = get(`https://${host}:${port}${path}`, { rejectUnauthorized: false, timeout: 4000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
