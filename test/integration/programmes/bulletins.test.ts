import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents, type Events } from '../../../controller/events.ts';
import { createJobs, type Jobs } from '../../../controller/jobs/index.ts';
import { createMedia, type Media } from '../../../controller/media/index.ts';
import { type BulletinUse, createProgrammes, type Programmes, programmeRoutes } from '../../../controller/programmes/index.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeSpeechWav } from '../../support/recordings.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const PATIENCE = { timeout: 90_000, interval: 100 };
const MAX_FILE_BYTES = 3_000_000;
const clock = new SystemClock();
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });

interface Station {
  programmes: Programmes;
  jobs: Jobs;
  media: Media;
  events: Events;
  close(): Promise<void>;
}

let folder: string;
let dataDir: string;
let database: TestDatabase;
let redis: TestRedis;
let station: Station;
let http: TestHttpApp;
let speech: Buffer;
let use: BulletinUse = { onAir: false, schedules: [] };

async function startStation(): Promise<Station> {
  const events = createEvents((name, error) => logger.error({ name, error }, 'listener failed'));
  const media = createMedia({ dataDir, clock, logger, limits: { maxFileBytes: MAX_FILE_BYTES } });
  const jobs = createJobs({ connection: redis.path, clock, logger });
  const programmes = createProgrammes({
    dataDir,
    store: database.store,
    jobs,
    media,
    events,
    clock,
    logger,
    bulletinUse: () => Promise.resolve(use),
  });
  jobs.define({ 'ingest-bulletin': programmes.ingestJob, 'plan-schedules': { concurrency: 1, handle: async () => {} } });
  await media.start();
  await jobs.start();
  await programmes.start();
  return {
    programmes,
    jobs,
    media,
    events,
    async close() {
      await programmes.close();
      await Promise.all([jobs.close(), media.close()]);
    },
  };
}

beforeAll(async () => {
  folder = makeScratchFolder('programmes');
  dataDir = folder;
  [database, redis] = await Promise.all([startTestDatabase(), startTestRedis()]);
  speech = await readFile(await makeSpeechWav(makeScratchFolder('speech')));
  station = await startStation();
  http = await startTestHttpApp({ moreRoutes: programmeRoutes(station.programmes, { maxUploadBytes: MAX_FILE_BYTES }) });
});
afterAll(async () => {
  await http.close();
  await station.close();
  await redis.close();
  await database.close();
});

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
async function call(
  method: Method,
  url: string,
  options: { payload?: unknown; headers?: Record<string, string>; role?: 'announcer' | 'viewer' } = {},
) {
  const cookie = await http.cookieOf(options.role ?? 'announcer');
  return http.app.inject({
    method,
    url,
    headers: { cookie, ...OUR_HEADER, ...options.headers },
    remoteAddress: newCaller(),
    ...(options.payload === undefined ? {} : { payload: options.payload as Buffer | object }),
  });
}

function multipart(
  fields: Record<string, string>,
  file?: { name: string; bytes: Buffer },
): { payload: Uint8Array; headers: Record<string, string> } {
  const boundary = 'x-ranh-gioi-x';
  const parts: Uint8Array[] = Object.entries(fields).map(([name, value]) =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  );
  if (file) {
    parts.push(
      Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${file.name}"\r\ncontent-type: audio/wav\r\n\r\n`,
      ),
      file.bytes,
      Buffer.from('\r\n'),
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { payload: Buffer.concat(parts), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

const upload = (fields: Record<string, string>, file?: { name: string; bytes: Buffer }) =>
  call('POST', '/api/bulletins', multipart(fields, file));

async function settled(bulletinId: string): Promise<Bulletin> {
  return vi.waitFor(async () => {
    const bulletin = (await call('GET', `/api/bulletins/${bulletinId}`)).json<Bulletin>();
    expect(bulletin.status).not.toBe('processing');
    return bulletin;
  }, PATIENCE);
}

const mastersLeft = async (): Promise<string[]> =>
  (await readdir(join(dataDir, 'masters'), { recursive: true })).filter((name) => name.endsWith('.opus'));
const uploadsLeft = (): Promise<string[]> => readdir(join(dataDir, 'uploads'));

describe('an uploaded recording', () => {
  test('is accepted at once, processed with progress, and can be heard as it will air', async () => {
    const progress: number[] = [];
    const stopListening = station.events.on('bulletin.progress', (fact) => progress.push(fact.progress));
    const answer = await upload({ title: 'Tiêm chủng', class: 'priority', topic: 'Y tế' }, { name: '../../bản tin.wav', bytes: speech });
    expect(answer.statusCode).toBe(202);
    const accepted = answer.json<Bulletin>();
    expect(accepted).toMatchObject({
      title: 'Tiêm chủng',
      class: 'priority',
      topic: 'Y tế',
      status: 'processing',
      originalName: 'bản tin.wav',
    });
    const ready = await settled(accepted.bulletinId);
    stopListening();
    expect(ready).toMatchObject({ status: 'ready', failure: null, progress: null });
    expect(Math.abs((ready.loudnessLufs ?? 0) + 16)).toBeLessThanOrEqual(1);
    expect(progress.length).toBeGreaterThan(3);
    await expect.poll(uploadsLeft).toEqual([]);

    const audio = await call('GET', `/api/bulletins/${ready.bulletinId}/audio`);
    expect(audio.headers['content-type']).toBe('audio/ogg; codecs=opus');
    expect(audio.rawPayload.subarray(0, 4).toString()).toBe('OggS');
    const part = await call('GET', `/api/bulletins/${ready.bulletinId}/audio`, { headers: { range: 'bytes=100-199' } });
    expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes 100-199/${audio.rawPayload.length}`]);
    expect(part.rawPayload).toEqual(audio.rawPayload.subarray(100, 200));
    const beyond = await call('GET', `/api/bulletins/${ready.bulletinId}/audio`, { headers: { range: 'bytes=99999999-' } });
    expect(beyond.statusCode).toBe(416);
    const known = await call('GET', `/api/bulletins/${ready.bulletinId}/audio`, {
      headers: { 'if-none-match': String(audio.headers.etag) },
    });
    expect(known.statusCode).toBe(304);
    // The same address has another sound when the text was changed: nothing may be played without asking.
    expect(audio.headers['cache-control']).toBe('private, no-cache');

    const waveform = (await call('GET', `/api/bulletins/${ready.bulletinId}/waveform`)).json<{ peaks: number[]; durationMs: number }>();
    expect(waveform.peaks.length).toBe(2000);
    expect(waveform.durationMs).toBe(ready.durationMs);
    const airable = await station.programmes.bulletin(ready.bulletinId);
    const masterPath = airable?.masterPath ?? '';
    expect(await readFile(masterPath)).toEqual(audio.rawPayload);
    // A file that was changed is not aired; the right one is again.
    const changed = Buffer.from(audio.rawPayload);
    changed.writeUInt8(changed.readUInt8(5000) ^ 1, 5000);
    await writeFile(masterPath, changed);
    expect(await station.programmes.bulletin(ready.bulletinId)).toMatchObject({ masterPath: null, isDamaged: true });
    await writeFile(masterPath, audio.rawPayload);
    expect((await station.programmes.bulletin(ready.bulletinId))?.masterPath).toBe(masterPath);
  });

  test('is described with its fields, for programs that are made from the description', async () => {
    const document = (await call('GET', '/api/openapi.json')).json();
    const { schema } = document.paths['/api/bulletins'].post.requestBody.content['multipart/form-data'];
    expect(Object.keys(schema.properties)).toEqual(['title', 'class', 'topic', 'language', 'origin', 'file']);
    expect(schema.required).toEqual(['file']);
  });

  test('that is no recording fails in words, and nothing is left of it', async () => {
    const answer = await upload({}, { name: 'tin.mp3', bytes: Buffer.from('<html>không phải âm thanh</html>') });
    expect(answer.json<Bulletin>().title).toBe('tin');
    const failed = await settled(answer.json<Bulletin>().bulletinId);
    expect(failed.status).toBe('failed');
    expect(failed.failure).toMatchObject({ code: 'media.not_sound', vi: expect.stringContaining('trang web') });
    expect(await uploadsLeft()).toEqual([]);
    expect((await call('GET', `/api/bulletins/${failed.bulletinId}/audio`)).statusCode).toBe(409);
  });

  test('is refused before it is stored when it is too big, empty, missing or badly described', async () => {
    expect((await upload({ title: 'x' }, { name: 'big.wav', bytes: Buffer.alloc(MAX_FILE_BYTES + 1) })).json()).toMatchObject({
      error: { code: 'media.too_big' },
    });
    expect((await upload({ title: 'x' }, { name: 'none.wav', bytes: Buffer.alloc(0) })).json()).toMatchObject({
      error: { code: 'media.empty' },
    });
    expect((await upload({ title: 'x' })).json()).toMatchObject({ error: { code: 'bulletin.no_file' } });
    expect((await upload({ class: 'very-urgent' }, { name: 'a.wav', bytes: speech })).json()).toMatchObject({
      error: { code: 'bulletin.fields_invalid' },
    });
    expect(await uploadsLeft()).toEqual([]);
  });

  test('two bulletins of the same sound share one master, which goes with the last of them', async () => {
    const [first, second] = await Promise.all(
      ['a', 'b'].map((title) => upload({ title }, { name: 'same.wav', bytes: speech.subarray(0, 300_000) })),
    );
    // A WAV cut off is refused; so these are two refusals of one cause, which must not disturb each other.
    const ids = [first, second].map((answer) => answer?.json<Bulletin>().bulletinId ?? '');
    for (const id of ids) expect((await settled(id)).failure?.code).toBe('media.cut_off');
    const [one, two] = [
      await upload({ title: '1' }, { name: 's.wav', bytes: speech }),
      await upload({ title: '2' }, { name: 's.wav', bytes: speech }),
    ];
    const twins = [one.json<Bulletin>().bulletinId, two.json<Bulletin>().bulletinId];
    for (const id of twins) expect((await settled(id)).status).toBe('ready');
    expect((await call('DELETE', `/api/bulletins/${twins[0]}`)).statusCode).toBe(204);
    expect((await call('GET', `/api/bulletins/${twins[1]}/audio`)).statusCode).toBe(200);
    expect((await call('GET', `/api/bulletins/${twins[0]}`)).statusCode).toBe(404);
  });
});

describe('a written bulletin', () => {
  test('is spoken; a changed text is spoken anew; a changed title is not', async () => {
    const body = { title: 'Họp dân', text: 'UBND xã mời họp lúc 5h30 ngày 10/10.', voice: 'vi-vn-x-south' };
    const made = (await call('POST', '/api/bulletins/from-text', { payload: body })).json<Bulletin>();
    const first = await settled(made.bulletinId);
    expect(first).toMatchObject({ status: 'ready', origin: 'text', voice: 'vi-vn-x-south' });
    const renamed = (await call('PATCH', `/api/bulletins/${made.bulletinId}`, { payload: { title: 'Họp dân lần hai' } })).json<Bulletin>();
    expect(renamed).toMatchObject({ title: 'Họp dân lần hai', status: 'ready' });
    const changed = (
      await call('PATCH', `/api/bulletins/${made.bulletinId}`, {
        payload: { text: 'Cuộc họp được dời sang tuần sau. Xin cảm ơn bà con đã lắng nghe.' },
      })
    ).json<Bulletin>();
    expect(changed.status).toBe('processing');
    expect(changed.durationMs).toBeNull();
    const before = await mastersLeft();
    const anew = await settled(made.bulletinId);
    expect(anew.durationMs).not.toBe(first.durationMs);
    // The former master is gone, the new one is there.
    await vi.waitFor(async () => expect((await mastersLeft()).length).toBe(before.length));
    expect((await call('GET', `/api/bulletins/${made.bulletinId}/audio`)).statusCode).toBe(200);
    const trail = await http.auditTrail.find({ limit: 20 });
    const about = trail.entries.filter(({ detail }) => detail.bulletinId === made.bulletinId);
    expect(about.map(({ action }) => action)).toEqual(['bulletin.change', 'bulletin.change', 'bulletin.write']);
    expect(about[1]?.detail).toMatchObject({ title: 'Họp dân lần hai', class: 'normal', changed: { title: 'Họp dân lần hai' } });
  });

  test('two people who change it at once: one of them is told, and what is heard is what is written', async () => {
    const made = (
      await call('POST', '/api/bulletins/from-text', { payload: { title: 'Hai người', text: 'Bản đầu tiên của chúng ta.' } })
    ).json<Bulletin>();
    await settled(made.bulletinId);
    const change = (text: string) => call('PATCH', `/api/bulletins/${made.bulletinId}`, { payload: { text } });
    const answers = await Promise.all([change('Bản của chị Lan, ngắn.'), change('Bản của anh Hải dài hơn nhiều để nghe ra được.')]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
    const winner = answers.find(({ statusCode }) => statusCode === 200)?.json<Bulletin>();
    expect(await settled(made.bulletinId)).toMatchObject({ status: 'ready', text: winner?.text });
  });

  test('a text that was changed while the former one was spoken is not called ready with the wrong sound', async () => {
    const made = await station.programmes.createFromText(
      { title: 'Đổi giữa chừng', text: 'Kính thưa bà con. '.repeat(60), class: 'normal', topic: '', language: 'vi', draft: false },
      null,
    );
    await vi.waitFor(async () => expect((await station.programmes.get(made.bulletinId)).progress).toBeGreaterThan(0), PATIENCE);
    await database.store.pool.query('update bulletins set text = $2 where id = $1', [made.bulletinId, 'Ngắn thôi.']);
    const ready = await vi.waitFor(async () => {
      await station.programmes.recover();
      const bulletin = await station.programmes.get(made.bulletinId);
      expect(bulletin.status).toBe('ready');
      return bulletin;
    }, PATIENCE);
    expect(ready.durationMs).toBeLessThan(5000);
  });

  test('a draft waits until it is asked for', async () => {
    const made = (
      await call('POST', '/api/bulletins/from-text', { payload: { title: 'Nháp', text: 'Xin chào bà con.', draft: true } })
    ).json<Bulletin>();
    expect(made.status).toBe('draft');
    await call('PATCH', `/api/bulletins/${made.bulletinId}`, { payload: { text: 'Xin chào tất cả bà con.' } });
    expect((await call('POST', `/api/bulletins/${made.bulletinId}/process`)).statusCode).toBe(202);
    expect(await settled(made.bulletinId)).toMatchObject({ status: 'ready', text: 'Xin chào tất cả bà con.' });
  });

  test("that can't be read is refused at once", async () => {
    const send = async (text: string, voice?: string) =>
      (await call('POST', '/api/bulletins/from-text', { payload: { title: 'x', text, voice } })).json<{ error: { code: string } }>().error
        .code;
    expect(await send('…')).toBe('speech.empty');
    expect(await send('x'.repeat(100_000))).toBe('speech.too_long');
    expect(await send('a\u0001b')).toBe('speech.control_characters');
  });

  test("the commune's dictionary decides how it is read", async () => {
    const preview = async (text: string) =>
      (await call('POST', '/api/speech/preview-text', { payload: { text } })).json<{ paragraphs: string[] }>().paragraphs;
    expect(await preview('UBND họp 10/10')).toEqual(['Ủy ban nhân dân họp ngày mười tháng mười.']);
    expect((await call('PUT', '/api/speech/dictionary', { payload: { written: 'UBND', spoken: 'Ủy ban xã' } })).statusCode).toBe(200);
    expect((await call('PUT', '/api/speech/dictionary', { payload: { written: 'UBND', spoken: 'Ủy ban của xã ta' } })).statusCode).toBe(
      200,
    );
    expect(await preview('UBND')).toEqual(['Ủy ban của xã ta.']);
    expect((await call('GET', '/api/speech/dictionary')).json<{ entries: unknown[] }>().entries).toEqual([
      { written: 'UBND', spoken: 'Ủy ban của xã ta', caseSensitive: true },
    ]);
    expect((await call('DELETE', '/api/speech/dictionary/UBND')).statusCode).toBe(204);
    expect((await call('DELETE', '/api/speech/dictionary/UBND')).statusCode).toBe(404);
    expect(await preview('UBND')).toEqual(['Ủy ban nhân dân.']);
  });
});

describe("the commune's dictionary", () => {
  const put = async (written: string, spoken: string) => {
    const answer = await call('PUT', '/api/speech/dictionary', { payload: { written, spoken } });
    return { status: answer.statusCode, error: answer.json<{ error?: { code: string; vi: string; en: string } }>().error };
  };
  const forget = () => database.store.pool.query('delete from dictionary_entries');

  test('takes two thousand entries, also when many come at once, says that it is full, and lets those be changed', async () => {
    await database.store.pool.query(
      `insert into dictionary_entries (written, spoken) select 'Từ ' || n, 'đọc' from generate_series(1, 1999) n`,
    );
    const answers = await Promise.all(['AAA', 'BBB', 'CCC', 'DDD'].map((written) => put(written, 'đọc')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.error).toMatchObject({
      code: 'dictionary.full',
      vi: expect.stringContaining('2000'),
    });
    expect((await put('Từ 7', 'bảy')).status).toBe(200);
    expect((await call('DELETE', '/api/speech/dictionary/T%E1%BB%AB%207')).statusCode).toBe(204);
    expect((await put('EEE', 'đọc')).status).toBe(200);
    await forget();
  });

  test('makes no book of a page', async () => {
    expect((await put('a', 'rất dài '.repeat(37).trim())).status).toBe(200);
    const read = await call('POST', '/api/speech/preview-text', { payload: { text: 'a '.repeat(10_000) } });
    expect(read.statusCode).toBe(413);
    expect(read.json<{ error: object }>().error).toMatchObject({
      code: 'speech.too_long_in_words',
      en: expect.stringContaining('dictionary'),
    });
    await forget();
  });
});

describe('the library', () => {
  test('is listed newest first, page by page, and searched', async () => {
    const all = (await call('GET', '/api/bulletins?limit=200')).json<{ bulletins: Bulletin[] }>().bulletins;
    expect(all.length).toBeGreaterThan(3);
    expect(all.map((bulletin) => bulletin.createdAtMs)).toEqual(all.map((bulletin) => bulletin.createdAtMs).toSorted((a, b) => b - a));
    const page = (await call('GET', '/api/bulletins?limit=2')).json<{ bulletins: Bulletin[]; nextBefore: string }>();
    const next = (await call('GET', `/api/bulletins?limit=2&before=${page.nextBefore}`)).json<{ bulletins: Bulletin[] }>();
    expect([...page.bulletins, ...next.bulletins].map(({ bulletinId }) => bulletinId)).toEqual(
      all.slice(0, 4).map(({ bulletinId }) => bulletinId),
    );
    const found = (await call('GET', `/api/bulletins?search=${encodeURIComponent('họp DÂN')}&status=ready`)).json<{
      bulletins: Bulletin[];
    }>();
    expect(found.bulletins.map(({ title }) => title)).toEqual(['Họp dân lần hai']);
    expect((await call('GET', '/api/bulletins?search=%25')).json<{ bulletins: Bulletin[] }>().bulletins).toEqual([]);
  });

  test('finds without marks, case or đ, in title, topic and text, however many are newer; and by class and topic', async () => {
    const write = async (title: string, text: string, more: object = {}) =>
      (await call('POST', '/api/bulletins/from-text', { payload: { title, text, draft: true, ...more } })).json<Bulletin>().bulletinId;
    const flood = await write('Lệnh sơ tán', 'Nước lũ đang dâng nhanh.', { class: 'emergency', topic: 'Thiên tai' });
    const mistake = await write('Thông báo nhầm', 'Không có sự cố.', { class: 'priority', topic: 'Đính chính' });
    for (let newer = 0; newer < 5; newer++) await write(`Tin ${newer}`, 'Một trăm phần trăm, a_b.');
    const find = async (query: string) =>
      (await call('GET', `/api/bulletins?status=draft&limit=3&${query}`))
        .json<{ bulletins: Bulletin[] }>()
        .bulletins.map(({ bulletinId }) => bulletinId);
    const search = (words: string) => find(`search=${encodeURIComponent(words)}`);
    expect(await search('so tan')).toEqual([flood]);
    expect(await search('DANG dang')).toEqual([flood]);
    expect(await search('lũ thiên')).toEqual([flood]);
    expect(await search('su co'.normalize('NFD'))).toEqual([mistake]);
    expect(await search('đính CHÍNH nhầm'.normalize('NFD'))).toEqual([mistake]);
    expect(await search('lu cố')).toEqual([]);
    expect(await search('a%b')).toEqual([]);
    expect(await search('a_b')).toHaveLength(3);
    expect(await find('class=emergency')).toEqual([flood]);
    expect(await find('class=emergency&class=priority')).toEqual([mistake, flood]);
    expect(await find('topic=dinh%20chinh')).toEqual([mistake]);
    expect(await find('topic=dinh')).toEqual([]);
    expect((await call('GET', '/api/bulletins?class=urgent')).statusCode).toBe(400);
    await call('PATCH', `/api/bulletins/${flood}`, { payload: { title: 'Lệnh di dời' } });
    expect([await search('so tan'), await search('di doi')]).toEqual([[], [flood]]);
  });

  test('pages miss and repeat nothing, even among bulletins of the same instant', async () => {
    await database.store.pool.query("update bulletins set created_at = '2026-01-01' where status = 'draft'");
    const seen: string[] = [];
    let before = '';
    do {
      const page = (await call('GET', `/api/bulletins?limit=2&status=draft${before}`)).json<{
        bulletins: Bulletin[];
        nextBefore: string;
      }>();
      seen.push(...page.bulletins.map(({ bulletinId }) => bulletinId));
      before = page.nextBefore === null ? '' : `&before=${page.nextBefore}`;
    } while (before !== '');
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    expect((await call('GET', '/api/bulletins?before=nonsense')).statusCode).toBe(400);
  });

  test('what is on air or scheduled is not deleted, and says why', async () => {
    const [bulletin] = (await call('GET', '/api/bulletins?limit=1&status=ready')).json<{ bulletins: Bulletin[] }>().bulletins;
    use = { onAir: true, schedules: [] };
    expect((await call('DELETE', `/api/bulletins/${bulletin?.bulletinId}`)).json()).toMatchObject({ error: { code: 'bulletin.on_air' } });
    use = { onAir: false, schedules: ['Bản tin sáng'] };
    expect((await call('DELETE', `/api/bulletins/${bulletin?.bulletinId}`)).json()).toMatchObject({
      error: { code: 'bulletin.scheduled' },
    });
    use = { onAir: false, schedules: [] };
    expect((await call('DELETE', `/api/bulletins/${bulletin?.bulletinId}`)).statusCode).toBe(204);
    expect((await call('DELETE', `/api/bulletins/${randomUUID()}`)).statusCode).toBe(404);
  });

  test('viewers may listen, not change', async () => {
    expect((await call('GET', '/api/bulletins', { role: 'viewer' })).statusCode).toBe(200);
    const from = { title: 'x', text: 'xin chào' };
    expect((await call('POST', '/api/bulletins/from-text', { role: 'viewer', payload: from })).statusCode).toBe(403);
  });
});

describe('what interrupts it', () => {
  test('a stop in mid-processing, a lost queue and stray files: after the next start everything is as it should be', async () => {
    const answer = await station.programmes.createFromText(
      { title: 'Dài', text: 'Kính thưa bà con. '.repeat(200), class: 'normal', topic: '', language: 'vi', draft: false },
      null,
    );
    await vi.waitFor(async () => expect((await station.programmes.get(answer.bulletinId)).progress).toBeGreaterThan(0), PATIENCE);
    await station.close();
    const [row] = (await database.store.pool.query('select status from bulletins where id = $1', [answer.bulletinId])).rows;
    expect(row.status).toBe('processing');
    await redis.close();
    redis = await startTestRedis();
    await writeFile(join(dataDir, 'uploads', `${randomUUID()}.upload`), 'half');
    const forgotten = join(dataDir, 'masters', 'ab');
    await mkdir(forgotten, { recursive: true });
    await writeFile(join(forgotten, `${'0'.repeat(62)}.opus`), 'nobody’s');
    const needed = (await mastersLeft()).length - 1;
    station = await startStation();
    expect(await uploadsLeft()).toEqual([]);
    expect(await mastersLeft()).not.toContain(join('ab', `${'0'.repeat(62)}.opus`));
    expect((await mastersLeft()).length).toBeGreaterThanOrEqual(needed);
    await vi.waitFor(async () => expect((await station.programmes.get(answer.bulletinId)).status).toBe('ready'), PATIENCE);
  });

  test('without Redis an upload is accepted all the same and done when it is back', async () => {
    redis.kill();
    const bulletin = await station.programmes.createFromText(
      { title: 'Không Redis', text: 'Xin chào.', class: 'normal', topic: '', language: 'vi', draft: false },
      null,
    );
    await vi.waitFor(async () => {
      await station.programmes.recover();
      expect((await station.programmes.get(bulletin.bulletinId)).status).toBe('ready');
    }, PATIENCE);
  });
});
