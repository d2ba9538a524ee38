import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { AppError } from '../../../controller/errors.ts';
import { explainListenError, requireListenAddress } from '../../../controller/processes/index.ts';

const purpose = { vi: 'trang điều khiển', en: 'the console' };

it('a port in use is explained with the port, how to see who has it, and another port', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as { port: number };
  const second = createServer().listen(port, '127.0.0.1');
  const [error] = await once(second, 'error');
  const explained = explainListenError(error, { purpose, port, option: '--https-port' });
  expect(explained).toBeInstanceOf(AppError);
  const { code, words } = explained as AppError;
  expect(code).toBe('processes.port_in_use');
  expect(words.en).toMatch(new RegExp(`Port ${port} \\(the console\\).*ss -ltnp.*--https-port \\d+`));
  expect(words.vi).toContain(`Cổng ${port} (trang điều khiển)`);
  first.close();
});

it.each([
  ['EACCES', 'processes.port_forbidden'],
  ['EADDRNOTAVAIL', 'processes.address_unknown'],
])('%s is explained', (code, expected) => {
  const error = Object.assign(new Error('listen'), { code });
  expect(explainListenError(error, { purpose, port: 443, option: '--https-port' })).toMatchObject({ code: expected });
});

it('any other error stays what it is', () => {
  const error = new Error('a defect');
  expect(explainListenError(error, { purpose, port: 8443, option: '--https-port' })).toBe(error);
  expect(explainListenError(undefined, { purpose, port: 8443, option: '--https-port' })).toBeUndefined();
});

it('an address that is not this machine’s is named, with those that are', async () => {
  // RFC 5737: belongs to nobody.
  await expect(requireListenAddress('203.0.113.7')).rejects.toMatchObject({
    code: 'processes.address_unknown',
    words: { en: expect.stringMatching(/203\.0\.113\.7 \(--listen\)\. It has: .*127\.0\.0\.1.*--listen ::/) },
  });
  await requireListenAddress('127.0.0.1');
});
