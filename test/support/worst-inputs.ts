import { randomUUID } from 'node:crypto';
import { toChained } from '../../controller/accounts/audit-chain.ts';
import { appendEntries } from '../../controller/accounts/audit-store.ts';
import { SystemClock } from '../../controller/clock.ts';
import { MOST_CLUSTERS } from '../../controller/protocol/inventory.ts';
import { MOST_PLACE_ROWS } from '../../controller/protocol/place-rows.ts';
import { type ScheduleDefinition, scheduleDefinition } from '../../controller/protocol/schedules.ts';
import { saveSchedule } from '../../controller/schedules/schedule-rows.ts';
import type { Store } from '../../controller/store/index.ts';
import type { ApiClient } from './api-client.ts';
import { type FullPlaces, fillBounds } from './full-bounds.ts';

/** Sizes at what a large commune has after years. What has a bound is filled up to it by `fillBounds`. */
const LONG_LISTS = { broadcasts: 250, bulletins: 220, receiptsPerPole: 8, receiptPoles: 300, soundedS: 7200, events: 3000, entries: 3000 };
/** Nearly as many as there may be: some of the worst inputs make one more. */
const SCHEDULES = { ended: 430, dense: 40, full: 20 };
const SPEECH_CHARACTERS = 20_000;
const BODY_BYTES = 1_000_000;

const clock = new SystemClock();

/** Something that a signed-in person may ask for as often as they like. */
export interface WorstInput {
  name: string;
  /** Resolves with the status of the answer. */
  pour(api: ApiClient): Promise<number>;
}

/** The ids that the pours name. */
export interface FilledStore extends FullPlaces {
  broadcastId: string;
}

/** Years of use, and everything that has a bound at its bound. Written past the API, which would take hours; the controller has to be started after it. */
export async function fillStore(store: Store): Promise<FilledStore> {
  const places = await fillBounds(store);
  const { clusterIds } = places;
  const broadcastId = randomUUID();
  const run = (text: string, values: unknown[] = []) => store.pool.query(text, values);
  await run(
    `insert into broadcasts (id, title, class, content, targets, cluster_ids, status, starts_at, started_at, ended_at, duration_ms, on_preempted, origin, requested_by_name)
     select case when n = 1 then $1::uuid else gen_random_uuid() end, repeat('Bản tin ', 20), 'normal', $2::jsonb, $3::jsonb, $4::jsonb, 'finished',
       now() - n * interval '1 hour', now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '1 minute', 60000, 'resume', 'console', 'admin'
     from generate_series(1, ${LONG_LISTS.broadcasts}) n`,
    [
      broadcastId,
      JSON.stringify({ kind: 'bulletin', bulletinId: randomUUID(), repeat: 1, pauseMs: 0 }),
      JSON.stringify({ hamletIds: [], clusterIds: manyIds(1000) }),
      JSON.stringify(clusterIds),
    ],
  );
  const heard = Array.from({ length: 64 }, (_, index) => ({
    fromMs: 1.7e12 + index * 1000.123,
    untilMs: 1.7e12 + index * 1000.123 + 890.5,
  }));
  // Two hours, each second of which has to be compared, and every other three of them silent on the pole.
  const levels = Array.from({ length: LONG_LISTS.soundedS / 120 }, (_, index) => ({
    fromMs: 1.7e12 + index * 120_000,
    db: Array.from({ length: 120 }, (_, second) => (second % 6 < 3 ? -120 : -20)),
  }));
  await run(
    `insert into receipts (id, broadcast_id, speaker_id, cluster_id, channel_id, received_at, first_sound_at, last_sound_at, played_ms, concealed_ms, muted_ms, final, receipt)
     select gen_random_uuid(), $1::uuid, 'S-' || c.id, c.id, 'x', now(), now() - n * interval '1 second', now(), 60000, 0, 0, true,
       jsonb_build_object('heard', $2::jsonb, 'mutedByConfigMs', 0, 'pad', repeat('x', 500)) || case when n = 1 then jsonb_build_object('levels', $4::jsonb) else '{}' end
     from unnest($3::text[]) as c(id), generate_series(1, ${LONG_LISTS.receiptsPerPole}) n`,
    [broadcastId, JSON.stringify(heard), clusterIds.slice(0, LONG_LISTS.receiptPoles), JSON.stringify(levels)],
  );
  await run(
    `insert into broadcast_events (broadcast_id, at, kind, detail)
     select $1::uuid, now(), 'sent_sound', jsonb_build_object('fromMs', 1.7e12 + n * 15000, 'untilMs', 1.7e12 + n * 15000 + 15000, 'positionMs', n * 15000, 'db', $2::jsonb)
     from generate_series(0, ${LONG_LISTS.soundedS / 15 - 1}) n`,
    [broadcastId, JSON.stringify(Array.from({ length: 15 }, () => -20))],
  );
  await run(
    `insert into broadcast_events (broadcast_id, at, kind, detail)
     select $1::uuid, now(), 'receipt', jsonb_build_object('clusterIds', $2::jsonb) from generate_series(1, ${LONG_LISTS.events})`,
    [broadcastId, JSON.stringify(clusterIds.slice(0, 20))],
  );
  await run(
    `insert into bulletins (id, title, origin, text, status) select gen_random_uuid(), 'Bản tin ' || n, 'text', repeat($1, ${SPEECH_CHARACTERS / 20}), 'draft'
     from generate_series(1, ${LONG_LISTS.bulletins}) n`,
    ['Kính thưa bà con ạ. '],
  );
  const detail = { name: 'x'.repeat(300), places: clusterIds.slice(0, 100) };
  const entry = { actorId: null, actorName: 'admin', action: 'bulletin.changed', target: '/api/bulletins', ip: null, detail };
  const chained = toChained(entry, clock.nowMs());
  for (let count = 0; count < LONG_LISTS.entries; count += 200)
    await appendEntries(
      store.db,
      Array.from({ length: 200 }, () => chained),
      clock.nowMs(),
    );
  for (const definition of schedules(clusterIds)) {
    await saveSchedule(store, definition, { source: 'api', fileName: null, createdBy: null, nowMs: clock.nowMs() });
  }
  return { broadcastId, ...places };
}

const daysAhead = (days: number): string => new Date(clock.nowMs() + days * 86_400_000).toISOString().slice(0, 10);

/** Ended ones, which once cost a search through four hundred days each, dense ones, and such as name every place. */
function schedules(clusterIds: readonly string[]): ScheduleDefinition[] {
  const one = (id: string, fields: Record<string, unknown>): ScheduleDefinition =>
    scheduleDefinition.parse({
      id,
      name: `Lịch ${id}`,
      content: { kind: 'relay', url: 'https://example.org/a', durationMs: 600_000 },
      targets: { clusterIds: clusterIds.slice(0, 200) },
      exceptions: Array.from({ length: 200 }, (_, day) => new Date(Date.UTC(2027, 0, 1 + day)).toISOString().slice(0, 10)),
      ...fields,
    });
  return [
    ...Array.from({ length: SCHEDULES.full }, (_, index) =>
      one(`day-du-${index}`, { rrule: 'FREQ=DAILY', startsOn: daysAhead(1), targets: { clusterIds } }),
    ),
    ...Array.from({ length: SCHEDULES.ended }, (_, index) => one(`het-${index}`, { rrule: 'FREQ=DAILY;COUNT=20', startsOn: '2026-01-01' })),
    ...Array.from({ length: SCHEDULES.dense }, (_, index) =>
      // Far enough ahead that none is due while this is poured.
      one(`day-${index}`, {
        rrule: 'FREQ=HOURLY;BYMINUTE=0,15,30,45',
        startsOn: daysAhead(1),
      }),
    ),
  ];
}

function manyIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `ap-${String(index).padStart(30, '0')}-c1`);
}

const tableOfPlaces = (): unknown[] =>
  Array.from({ length: MOST_PLACE_ROWS }, (_, n) => ({ hamlet: `Ấp ${'!'.repeat(1 + (n % 100))}`, cluster: `${n} ${'Ễ'.repeat(110)}` }));

const repeated = (unit: string, characters: number): string => unit.repeat(Math.ceil(characters / unit.length)).slice(0, characters);

/** What takes the air from whatever sounds: for a measurement that records nothing. */
export function takingTheAir({ clusterIds, hamletIds }: FilledStore): WorstInput[] {
  const emergency = async (api: ApiClient, targets: unknown): Promise<number> => {
    const broadcastId = randomUUID();
    const content = { kind: 'relay', url: 'https://example.org/a', durationMs: 60_000 };
    const { status } = await api.call('POST', '/api/broadcasts', { broadcastId, title: 'Thử', class: 'emergency', content, targets });
    if (status === 201) await api.call('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    return status;
  };
  return [
    { name: 'an emergency for every place by name, and its stop', pour: (api) => emergency(api, { hamletIds, clusterIds }) },
    { name: 'an emergency for everything, and its stop', pour: (api) => emergency(api, { everything: true }) },
  ];
}

/** Every legal request that makes the controller compute, and the largest of those that it refuses. */
export function worstInputs(filled: FilledStore): WorstInput[] {
  const get = (path: string): WorstInput => ({
    name: `GET ${path.replace(filled.broadcastId, ':id')}`,
    pour: async (api) => (await api.call('GET', path)).status,
  });
  const post = (name: string, path: string, body: () => unknown, headers: Record<string, string> = {}): WorstInput => ({
    name,
    pour: async (api) => (await api.call('POST', path, body(), headers)).status,
  });
  const rule = (rrule: string, more: Record<string, unknown> = {}): WorstInput =>
    post(`rule ${rrule.slice(0, 60)}`, '/api/schedules', () => ({
      id: `xau-${randomUUID().slice(0, 8)}`,
      name: 'Quy tắc xấu',
      rrule,
      startsOn: '2026-01-01',
      until: '2026-02-01',
      content: { kind: 'relay', url: 'https://example.org/a', durationMs: 1000 },
      ...more,
    }));
  const upTo = (count: number): string => Array.from({ length: count }, (_, index) => index).join(',');
  const rawJson = { 'content-type': 'application/json' };
  const raw = (text: string): Buffer => Buffer.from(text);
  const broadcast = (targets: unknown): unknown => ({
    title: 'Thử',
    class: 'normal',
    content: { kind: 'bulletin', bulletinId: randomUUID() },
    targets,
  });
  const call = (method: string, path: string, body: () => unknown): WorstInput => ({
    name: `${method} ${path.slice(0, 40)}`,
    pour: async (api) => (await api.call(method, path, body())).status,
  });
  const { clusterIds, hamletIds } = filled;
  const everyPlace = { hamletIds, clusterIds };
  const relay = { kind: 'relay', url: 'https://example.org/a', durationMs: 60_000 };
  const lastCluster = clusterIds.at(-1) ?? '';
  return [
    ...atTheirBounds(),
    ...['123,', 'gọi 113, ', 'a\n', '24/24…', '1 000 ', 'UBND '].map((unit) =>
      post(`text of ${JSON.stringify(unit)}`, '/api/speech/preview-text', () => ({ text: repeated(unit, SPEECH_CHARACTERS) })),
    ),
    post('text far too long', '/api/speech/preview-text', () => ({ text: repeated('123,', BODY_BYTES - 100) })),
    rule('FREQ=DAILY;INTERVAL=9999;COUNT=9999', { until: undefined }),
    rule('FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', { until: undefined }),
    rule('FREQ=HOURLY;BYMINUTE=0;BYSETPOS=2;COUNT=5', { until: undefined }),
    rule(`FREQ=MONTHLY;BYSETPOS=366;BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)}`, { until: '2027-12-31' }),
    rule(`FREQ=DAILY;BYHOUR=${upTo(24)};BYMINUTE=0,15,30,45`, {
      exceptions: Array.from({ length: 1000 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 19)),
    }),
    get('/api/schedules'),
    get('/api/schedules/upcoming?hours=168'),
    get('/api/broadcasts?view=history&limit=200'),
    get('/api/broadcasts'),
    get(`/api/broadcasts/${filled.broadcastId}/outcomes`),
    get(`/api/broadcasts/${filled.broadcastId}/log`),
    get('/api/bulletins?limit=200'),
    get('/api/bulletins?limit=200&search=kinh%20thua%20ba%20con%20a%20e%20i%20o%20u%20y'),
    get('/api/speech/dictionary'),
    get('/api/speakers'),
    get('/api/clusters'),
    get('/api/hamlets'),
    get('/api/faults'),
    get('/api/users'),
    get('/api/account/sessions'),
    get('/api/settings/emergency'),
    get('/api/audit?limit=500'),
    get('/api/audit/verify'),
    get('/api/openapi.json'),
    get('/api/docs/json'),
    get('/health'),
    get('/metrics'),
    post('preview of 5000 clusters', '/api/broadcasts/preview', () => broadcast({ clusterIds: manyIds(MOST_CLUSTERS) })),
    post('5000 clusters that are none', '/api/broadcasts/preview', () => broadcast({ clusterIds: Array(MOST_CLUSTERS).fill('Không!') })),
    post('a body of empty objects', '/api/broadcasts/preview', () => raw(`{"x":[${'{},'.repeat(BODY_BYTES / 3 - 10)}{}]}`), rawJson),
    post(
      'a body of brackets',
      '/api/broadcasts/preview',
      () => raw(`{"x":${'['.repeat(BODY_BYTES / 2 - 10)}${']'.repeat(BODY_BYTES / 2 - 10)}}`),
      rawJson,
    ),
    post(
      'a body of keys',
      '/api/broadcasts/preview',
      () => raw(`{${Array.from({ length: 90_000 }, (_, n) => `"${n}a":0`).join(',')}}`),
      rawJson,
    ),
    post(
      'a body of numbers',
      '/api/broadcasts/preview',
      () => raw(`{"targets":{"clusterIds":[${'1,'.repeat(BODY_BYTES / 2 - 100)}1]}}`),
      rawJson,
    ),
    post(
      'a body with a forbidden key',
      '/api/broadcasts/preview',
      () => raw(`{"__proto__":[${'{},'.repeat(BODY_BYTES / 3 - 20)}{}]}`),
      rawJson,
    ),
    { name: 'the live feed opened', pour: async (api) => (await api.liveSnapshot()) && 200 },
  ];
  /** Where something is as full as it may be: one more, a change of what is there, and all of it named at once. */
  function atTheirBounds(): WorstInput[] {
    return [
      post('text of letters that become pages', '/api/speech/preview-text', () => ({ text: repeated('a b c d ', SPEECH_CHARACTERS) })),
      post('text of names that nearly match', '/api/speech/preview-text', () => ({
        text: repeated('Từ số 1 a a a a a', SPEECH_CHARACTERS),
      })),
      call('PUT', '/api/speech/dictionary', () => ({ written: 'a', spoken: repeated('đọc ', 300), caseSensitive: false })),
      call('PUT', '/api/speech/dictionary', () => ({ written: `Thêm ${randomUUID()}`, spoken: 'x', caseSensitive: false })),
      post('a hamlet too many', '/api/hamlets', () => ({ hamletId: 'ap-thua', name: 'Ấp thừa', position: 1 })),
      post('a cluster too many', '/api/clusters', () => ({ clusterId: 'cum-thua', hamletId: hamletIds[0], name: 'Cụm thừa' })),
      // All names make the same id, which is numbered.
      post('a table of as many places as there may be', '/api/places', () => ({ rows: tableOfPlaces(), preview: true })),
      post('a table of places too many', '/api/places', () => ({ rows: tableOfPlaces() })),
      call('PATCH', `/api/hamlets/${hamletIds[0]}`, () => ({ population: Math.floor(Math.random() * 1000) })),
      call('PATCH', `/api/clusters/${lastCluster}`, () => ({ note: randomUUID() })),
      post('an account too many', '/api/users', () => ({ username: 'thua', displayName: 'Thừa', role: 'viewer', language: 'vi' })),
      post('one more schedule', '/api/schedules', () => ({ id: 'thua', name: 'Thừa', rrule: 'FREQ=DAILY', content: relay })),
      call('PUT', '/api/schedules/day-du-0', () => ({
        ...{ id: 'day-du-0', name: `Lịch ${randomUUID()}`, rrule: 'FREQ=DAILY', startsOn: daysAhead(1), content: relay },
        targets: everyPlace,
      })),
      post('the schedule files again', '/api/schedules/reload', () => ({})),
      post('preview for every place by name', '/api/broadcasts/preview', () => ({
        ...{ title: 'Thử', class: 'normal', content: relay, targets: everyPlace },
      })),
      post('preview of an emergency for every place by name', '/api/broadcasts/preview', () => ({
        ...{ title: 'Thử', class: 'emergency', content: relay, targets: everyPlace },
      })),
      { name: 'a plan over every place by name, and its end', pour: (api) => planned(api, everyPlace) },
      { name: 'a plan over everything, and its end', pour: (api) => planned(api, { everything: true }) },
    ];
  }

  async function planned(api: ApiClient, targets: unknown): Promise<number> {
    const broadcastId = randomUUID();
    const startsAtMs = clock.nowMs() + 3_600_000;
    const plan = { broadcastId, title: 'Thử', class: 'normal', content: relay, targets, startsAtMs };
    const { status } = await api.call('POST', '/api/broadcasts', plan);
    if (status === 201) await api.call('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    return status;
  }
}
