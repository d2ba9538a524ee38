import { once } from 'node:events';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TestClock } from '../../../controller/clock.ts';
import { route } from '../../../controller/http/route.ts';
import { EVERYONE_SIGNED_IN } from '../../../controller/protocol/roles.ts';
import { startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { until } from '../../support/until.ts';

let uploads = 0;
const upload = route({
  method: 'POST',
  path: '/api/upload',
  tag: 'test',
  summary: 'test',
  roles: EVERYONE_SIGNED_IN,
  multipart: true,
  bodyLimitBytes: 10_000_000,
  response: z.object({ sizeBytes: z.number() }),
  async handler({ request }) {
    uploads += 1;
    const file = await request.file();
    return { sizeBytes: (await file?.toBuffer())?.length ?? -1 };
  },
});

describe('a body that comes slowly', () => {
  const clock = new TestClock();
  let http: TestHttpApp;
  let port: number;

  beforeAll(async () => {
    http = await startTestHttpApp({ clock, moreRoutes: [upload] });
    ({ port } = await http.app.start({ host: '127.0.0.1', port: 0 }));
  });
  const sockets: TLSSocket[] = [];
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await http.close();
  });

  async function begin(text: string): Promise<{ socket: TLSSocket; answer(): string; isOver(): boolean }> {
    const socket = tlsConnect({ port, host: '127.0.0.1', ca: http.authority.caPem(), servername: 'localhost' });
    sockets.push(socket);
    let answer = '';
    let isOver = false;
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket
      .on('error', () => undefined)
      .once('close', () => {
        isOver = true;
      });
    await once(socket, 'secureConnect');
    socket.write(text.replaceAll('\n', '\r\n'));
    return { socket, answer: () => answer, isOver: () => isOver };
  }
  /** The server has seen what was sent. */
  const seen = () => new Promise((resolve) => setTimeout(resolve, 0));
  const later = async (seconds: number, socket?: TLSSocket, chunk?: Buffer) => {
    for (let passed = 0; passed < seconds; passed++) {
      if (chunk && socket && !socket.destroyed) await new Promise((resolve) => socket.write(chunk, resolve));
      await seen();
      await clock.advance(1000);
    }
  };

  it('is waited for no longer than a page takes, from anybody', async () => {
    const { isOver } = await begin(
      'POST /api/session HTTP/1.1\nHost: x\nx-loa-xa: 1\ncontent-type: application/json\ncontent-length: 100\n\n{',
    );
    await until('its connection was ended', async () => {
      await later(2);
      return isOver();
    });
  });

  it('is not read on after the call was refused', async () => {
    const { answer, isOver } = await begin('POST /api/upload HTTP/1.1\nHost: x\nx-loa-xa: 1\ncontent-length: 100000\n\n-');
    await until('it was refused', () => answer().startsWith('HTTP/1.1 401'));
    await until('its connection was ended', async () => {
      await later(1);
      return isOver();
    });
  });

  it('ends with the session that began it', async () => {
    const person = { username: 'test.announcer', password: 'mot cau de nho cua recnuonna' };
    await http.cookieOf('announcer');
    const { token } = await http.accounts.logIn({ ...person, ip: '127.0.0.1', userAgent: 'test' });
    const before = uploads;
    const { isOver } = await begin(
      `POST /api/upload HTTP/1.1\nHost: x\nx-loa-xa: 1\ncontent-type: multipart/form-data; boundary=b\ncontent-length: 90000\ncookie: __Host-loaxa=${token}\n\n--b`,
    );
    await until('it is under way', () => uploads === before + 1);
    const signedIn = await http.accounts.authenticate(token);
    await http.accounts.logOut(signedIn?.tokenHash ?? '');
    await until('its connection was ended', isOver);
    uploads = 0;
  });

  it('is an upload as long as it goes on, and no longer', async () => {
    const head = (length: number) =>
      `POST /api/upload HTTP/1.1\nHost: x\nx-loa-xa: 1\ncontent-type: multipart/form-data; boundary=b\ncontent-length: ${length}\n`;
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
    const end = '\r\n--b--\r\n';
    const cookie = `cookie: ${await http.cookieOf('announcer')}\n\n`;
    const steady = await begin(head(part.length + 150 * 2000 + end.length) + cookie);
    const stuck = await begin(head(1_000_000) + cookie);
    steady.socket.write(part);
    stuck.socket.write(part);
    await until('both are under way', () => {
      if (steady.answer() || stuck.answer()) throw new Error(steady.answer() || stuck.answer());
      return uploads === 2;
    });
    await later(150, steady.socket, Buffer.alloc(2000));
    expect(steady.isOver()).toBe(false);
    steady.socket.write(end);
    await until('the steady one is whole', () => steady.answer().includes('"sizeBytes":300000'));
    await until('the stuck one was ended', () => stuck.isOver());
    steady.socket.destroy();
  });
});
