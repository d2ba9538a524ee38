import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Air, createAir } from '../../../controller/air/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import type { AppEvents } from '../../../controller/events.ts';
import { createRelayOpener } from '../../../controller/media/index.ts';
import { createCertificateAuthority } from '../../../controller/tls/index.ts';
import { countedCopies, notingChannel } from '../../support/air-fakes.ts';
import { makeSpokenMaster } from '../../support/spoken-master.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });
const conditions: AppEvents['system.condition'][] = [];
/** dai:mat-khau-cua-dai */
const PAID = 'Basic ZGFpOm1hdC1raGF1LWN1YS1kYWk=';
let folder: string;
let recording: Buffer;
let station: Server;
let port: number;
let listeners: Set<ServerResponse>;
let silent = false;
let asked: { url: string | undefined; authorization: string | undefined }[];
let air: Air;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-relay-'));
  const text = 'Đài tiếng nói nhân dân. Đây là bản tin thời sự buổi sáng. '.repeat(12);
  recording = await readFile(await makeSpokenMaster(folder, text));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  conditions.length = 0;
  silent = false;
  asked = [];
  listeners = new Set();
  station = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    if (request.url?.startsWith('/moved')) return void response.writeHead(302, { location: '/near?khoa=2' }).end();
    if (request.url?.startsWith('/near')) return void response.writeHead(302, { location: `http://localhost:${port}/far` }).end();
    if (request.url?.startsWith('/paid') && (!request.url.endsWith('?khoa=rat-bi-mat') || request.headers.authorization !== PAID))
      return void response.writeHead(401).end();
    if (request.url === '/inside') return void response.writeHead(302, { location: 'http://[::1]:9/secret' }).end();
    if (request.url === '/text') return void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('no sound at all\n'.repeat(500));
    if (request.url === '/gone') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'audio/ogg' });
    if (request.url === '/recording') return void response.end(recording);
    // A live station: two seconds at once, then a quarter of a second of sound every quarter of a second.
    listeners.add(response);
    const bytesPerMs = 4;
    let at = 2000 * bytesPerMs;
    response.write(recording.subarray(0, at));
    const feeding = clock.every('station', 250, () => {
      if (silent) return;
      response.write(recording.subarray(at, at + 250 * bytesPerMs));
      at += 250 * bytesPerMs;
    });
    response.on('close', () => {
      feeding.cancel();
      listeners.delete(response);
    });
  });
  await new Promise<void>((resolve) => station.listen(0, '127.0.0.1', resolve));
  port = (station.address() as AddressInfo).port;
});
afterEach(async () => {
  await air.close();
  for (const response of listeners) response.destroy();
  await new Promise((resolve) => station.close(resolve));
});

async function play(path: string, options: { allowedNetworks?: string[]; durationMs?: number } = {}) {
  air = createAir({
    clock,
    logger,
    distributor: { microphone: () => undefined },
    copies: countedCopies(),
    openRelay: createRelayOpener({ allowedNetworks: options.allowedNetworks ?? ['127.0.0.0/8'], logger }),
    onCondition: (condition) => conditions.push(condition),
  });
  await air.start();
  const channel = notingChannel(() => clock.nowMs());
  const levels: number[] = [];
  const source = air.relaySource({
    broadcastId: 'b',
    url: path.startsWith('http') ? path : `http://127.0.0.1:${port}${path}`,
    durationMs: options.durationMs ?? 60_000,
    chime: false,
    hasBegun: false,
  });
  const run = air.play({ broadcastId: 'b', channel, source, startAtMs: 0, skipMs: 0, onProgress: (now) => levels.push(now.levelDb) });
  return { run, channel, levels };
}

const states = (code: string): string[] => conditions.filter((condition) => condition.code === code).map((condition) => condition.state);

describe('a relay', () => {
  it('goes on air as an unbroken row of 20 ms packets with sound in them', async () => {
    const { run, channel, levels } = await play('/live', { durationMs: 4000 });
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(channel.sent).toHaveLength(200);
    const firstMs = channel.sent[0]?.captureAtMs ?? 0;
    for (const [i, packet] of channel.sent.entries()) expect(packet.captureAtMs).toBeCloseTo(firstMs + i * 20, 2);
    expect(Math.max(...levels)).toBeGreaterThan(-40);
    expect(conditions).toEqual([]);
  });

  it('of a station with a password and a key is heard, and no account of the machine can read them in a program’s arguments', async () => {
    const { run, channel } = await play(`http://dai:mat%2Dkhau-cua-dai@127.0.0.1:${port}/paid?khoa=rat-bi-mat`);
    await until('on air', () => channel.sent.length > 20);
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
    expect(commands.filter((command) => command.includes('/paid')).length).toBeGreaterThan(0);
    expect(commands.filter((command) => /mat-khau|mat%2Dkhau|rat-bi-mat/.test(command))).toEqual([]);
    await run.stop();
  });

  it('of a station with a password follows it within the station with the password, and elsewhere without', async () => {
    const { run, channel } = await play(`http://dai:mat-khau@127.0.0.1:${port}/moved?khoa=k`);
    await until('on air', () => channel.sent.length > 20);
    expect(asked.map(({ url, authorization }) => [url, authorization === undefined])).toEqual([
      ['/moved?khoa=k', false],
      ['/near?khoa=2', false],
      ['/far', true],
    ]);
    await run.stop();
  });

  it('reads a recording as fast as it plays', async () => {
    const { run, channel } = await play('/recording', { durationMs: 3000 });
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(channel.sent).toHaveLength(150);
    expect((channel.sent.at(-1)?.sentAtMs ?? 0) - (channel.sent[0]?.sentAtMs ?? 0)).toBeGreaterThan(2000);
  });

  it('that stalls or breaks is said, filled with silence, and connected again', async () => {
    const { run, channel } = await play('/live');
    await until('on air', () => channel.sent.length > 20);
    silent = true;
    await until('the stall is said', () => states('air.relay_stalled').length === 1);
    await until('silence fills', () => channel.sent.at(-1)?.payload.equals(Buffer.from([0xf8, 0xff, 0xfe])) ?? false);
    silent = false;
    for (const response of listeners) response.destroy();
    await until('it is back', () => states('air.relay_stalled').length === 2);
    expect(states('air.relay_stalled')).toEqual(['raised', 'cleared']);
    const steps = channel.sent.slice(1).map((packet, i) => packet.captureAtMs - (channel.sent[i]?.captureAtMs ?? 0));
    expect(Math.max(...steps)).toBeLessThan(21);
    await run.stop();
    await until('the connection is closed', () => listeners.size === 0);
  });
});

describe('an address that may not be relayed', () => {
  const failure = async (path: string, allowedNetworks: string[]) => (await play(path, { allowedNetworks })).run.ended;

  it('is one in a private network, by number or by name', async () => {
    expect(await failure('/live', [])).toMatchObject({ how: 'failed', error: { code: 'media.relay_refused' } });
    await air.close();
    expect(await failure(`http://localhost:${port}/live`, [])).toMatchObject({ error: { code: 'media.relay_refused' } });
    await air.close();
    expect(await failure('http://[::ffff:10.0.0.1]/live', [])).toMatchObject({ error: { code: 'media.relay_refused' } });
    expect(listeners.size).toBe(0);
  });

  it('is one to which an allowed station redirects', async () => {
    expect(await failure('/inside', ['127.0.0.0/8'])).toMatchObject({ how: 'failed', error: { code: 'media.relay_refused' } });
  });

  it('is one whose certificate nobody vouches for', async () => {
    // Our own authority: sound in itself, but nobody's root store knows it.
    const authority = createCertificateAuthority({ dataDir: folder, clock, logger, communeName: 'Xã Thử' });
    await authority.start();
    authority.close();
    let asked = 0;
    const secure = createSecureServer(authority.serverCredentials(), (_request, response) => {
      asked += 1;
      response.end(recording);
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const opener = createRelayOpener({ allowedNetworks: ['127.0.0.0/8'], logger });
    const stream = await opener({
      url: `https://localhost:${(secure.address() as AddressInfo).port}/`,
      signal: new AbortController().signal,
    });
    const reading = async (): Promise<void> => {
      for await (const packet of stream.packets) expect.fail(`${packet.data.length} bytes of sound`);
    };
    await expect(reading()).rejects.toThrow(/localhost/);
    expect(asked).toBe(0);
    await stream.close();
    await new Promise((resolve) => secure.close(resolve));
  });

  it('is anything but http and https', async () => {
    for (const url of ['file:///etc/passwd', 'http', 'ftp://example.com/x', 'concat:/etc/passwd', 'rtmp://127.0.0.1/x']) {
      const opening = createRelayOpener({ allowedNetworks: ['0.0.0.0/0'], logger })({ url, signal: new AbortController().signal });
      await expect(opening).rejects.toMatchObject({ code: 'media.relay_refused' });
    }
  });

  it('without sound is tried to the end of its time and told, then it is an error in words, and nothing stays behind', async () => {
    for (const path of ['/text', '/gone']) {
      const { run, channel } = await play(path, { durationMs: 2000 });
      expect(await run.ended).toMatchObject({ how: 'failed', error: { code: 'air.relay_gone' } });
      expect(channel.sent).toHaveLength(100);
      expect(states('air.relay_stalled').slice(-2)).toEqual(path === '/text' ? ['raised'] : ['lapsed', 'raised']);
      await air.close();
    }
  });
});
