/** Exit code 0 when the controller in this container says that it is well. */
import { get } from 'node:https';

const port = process.env.LOA_XA_HTTPS_PORT || '8443';
// Asked over the loopback, and the answer carries no secret: the certificate names the commune's server, not 127.0.0.1.
const request = get(`https://127.0.0.1:${port}/health`, { rejectUnauthorized: false, timeout: 4000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
