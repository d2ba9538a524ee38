import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LONGEST_SOCKET_PATH_BYTES, socketDirectoryPath } from '../../../controller/processes/socket-directory.ts';

it('a socket inside always fits the kernel, whatever the data directory is called', () => {
  const names = fc.array(fc.stringMatching(/^[a-zà-ỹ0-9-]{1,40}$/), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(names, fc.boolean(), (parts, isRoot) => {
      const dataDirectory = `/${parts.join('/')}`;
      const folder = socketDirectoryPath(dataDirectory, isRoot);
      expect(Buffer.byteLength(`${folder}/.s.PGSQL.5432.lock`)).toBeLessThanOrEqual(LONGEST_SOCKET_PATH_BYTES);
      expect(socketDirectoryPath(dataDirectory, isRoot)).toBe(folder);
      expect(socketDirectoryPath(`${dataDirectory}2`, isRoot)).not.toBe(folder);
    }),
  );
});

it('the usual data directory holds its own sockets', () => {
  expect(socketDirectoryPath('/var/lib/loa-xa', true)).toBe('/var/lib/loa-xa/run');
});
