import { randomUUID } from 'node:crypto';
import { MOST_USERS } from '../../controller/accounts/user-store.ts';
import { MOST_IN_HAND, MOST_PLACES_IN_HAND } from '../../controller/broadcasts/admission.ts';
import { MOST_ENTRIES } from '../../controller/programmes/dictionary-records.ts';
import { MOST_CLUSTERS, MOST_HAMLETS } from '../../controller/protocol/inventory.ts';
import type { Store } from '../../controller/store/index.ts';

const NAME_CHARACTERS = 120;
const NOTE_CHARACTERS = 1000;
const SPOKEN_CHARACTERS = 300;
const LETTERS = 'aăâbcdđeêghiklmnoôơpqrstuưvxy';
const SESSIONS_OF_PERSON = 50;
const DEVICES_OF_ACCOUNT = 20;
/** What one more plan over all places, each named, needs. */
const ROOM_FOR_ONE = { plans: 2, places: 2 * MOST_CLUSTERS + MOST_HAMLETS };
/** The longest ids there may be; those that begin alike take longest to tell apart. */
const hamletIdOf = (number: number): string => `ap-${String(number).padStart(37, '0')}`;
const clusterIdOf = (number: number): string => `cum-${String(number).padStart(36, '0')}`;

/** The ids that the worst inputs name. */
export interface FullPlaces {
  hamletIds: string[];
  clusterIds: string[];
}

/**
 * Fills whatever has a bound up to it, with the longest of everything. Written past the API, which would take hours; the controller reads it when
 * it starts next. What is there already stays and counts.
 */
export async function fillBounds(store: Store): Promise<FullPlaces> {
  const run = (text: string, values: unknown[] = []) => store.pool.query(text, values);
  const count = async (table: string): Promise<number> => Number((await run(`select count(*) from ${table}`)).rows[0].count);
  const hamlets = MOST_HAMLETS - (await count('hamlets'));
  const clusters = MOST_CLUSTERS - (await count('clusters'));
  await run(
    `insert into hamlets (id, name, position, population, latitude, longitude)
     select 'ap-' || lpad(n::text, 37, '0'), repeat('Ấ', $1), n + 100, 1000, 10.5, 106.5 from generate_series(1, $2::int) n`,
    [NAME_CHARACTERS, hamlets],
  );
  await run(
    `insert into clusters (id, hamlet_id, name, kind, note)
     select 'cum-' || lpad(n::text, 36, '0'), 'ap-' || lpad((1 + (n - 1) * $3::int / $4::int)::text, 37, '0'), repeat('Ụ', $1), 'ip', repeat('ồ', $2)
     from generate_series(1, $4::int) n`,
    [NAME_CHARACTERS, NOTE_CHARACTERS, hamlets, clusters],
  );
  await run(
    `insert into speakers (id, cluster_id, enrolled_at, certificate_sha256, certificate_not_after, model, firmware)
     select 'FULL-' || n, 'cum-' || lpad(n::text, 36, '0'), now(), md5(n::text), now() + interval '1 year', repeat('M', 60), repeat('F', 60)
     from generate_series(1, $1::int) n`,
    [clusters],
  );
  await fillDictionary(run);
  await fillAccounts(run, MOST_USERS - (await count('users')));
  const places: FullPlaces = {
    hamletIds: Array.from({ length: hamlets }, (_, index) => hamletIdOf(index + 1)),
    clusterIds: Array.from({ length: clusters }, (_, index) => clusterIdOf(index + 1)),
  };
  await fillPlans(run, places.clusterIds);
  return places;
}

type Run = (text: string, values?: unknown[]) => Promise<unknown>;

/** Every letter that stands alone becomes a page of words. */
async function fillDictionary(run: Run): Promise<void> {
  await run(
    `insert into dictionary_entries (written, spoken) select written, repeat('đọc ', $2::int / 4)
     from unnest($1::text[]) written on conflict (written) do update set spoken = excluded.spoken`,
    [[...LETTERS], SPOKEN_CHARACTERS],
  );
  await run(
    `insert into dictionary_entries (written, spoken) select rpad('Từ số ' || n || ' ', 60, 'a '), repeat('đọc ', $2::int / 4)
     from generate_series(1, $1::int - (select count(*) from dictionary_entries)::int) n on conflict do nothing`,
    [MOST_ENTRIES, SPOKEN_CHARACTERS],
  );
}

async function fillAccounts(run: Run, accounts: number): Promise<void> {
  await run(
    `insert into users (username, display_name, role, password_hash, password_changed_at)
     select 'nguoi-' || n, repeat('Ễ', 100), 'viewer', 'none', now() from generate_series(1, $1::int) n`,
    [accounts],
  );
  await run(
    `insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at, ip, user_agent)
     select md5(users.id::text || n) || md5(n || users.id::text), users.id, now(), now(), now() + interval '1 day', '192.0.2.1', repeat('x', 300)
     from users, generate_series(1, $1::int) n where users.username like 'nguoi-%' or users.username = 'admin'`,
    [SESSIONS_OF_PERSON - 5],
  );
  await run(
    `insert into known_devices (token_hash, user_id, created_at, last_used_at)
     select md5(users.id::text || n) || md5(n || users.id::text), users.id, now(), now() from users, generate_series(1, $1::int) n`,
    [DEVICES_OF_ACCOUNT],
  );
}

/** As many as there may be, with room for one; each names its share of all places that they may name, half of it as it was asked for. */
async function fillPlans(run: Run, clusterIds: readonly string[]): Promise<void> {
  const plans = MOST_IN_HAND - ROOM_FOR_ONE.plans;
  const each = Math.floor((MOST_PLACES_IN_HAND - ROOM_FOR_ONE.places) / plans / 2);
  for (let plan = 0; plan < plans; plan++) {
    const from = (plan * each) % (clusterIds.length - each);
    const named = clusterIds.slice(from, from + each);
    await run(
      `insert into broadcasts (id, title, class, content, targets, cluster_ids, status, starts_at, duration_ms, on_preempted, origin, requested_by_name)
       values ($1, $2, 'normal', $3, $4, $5, 'planned', now() + interval '1 day' + $6 * interval '1 hour', 60000, 'resume', 'console', 'admin')`,
      [
        randomUUID(),
        'Ạ'.repeat(200),
        JSON.stringify({ kind: 'relay', url: `https://example.org/${'a'.repeat(1900)}`, durationMs: 60_000 }),
        JSON.stringify({ hamletIds: [], clusterIds: named }),
        JSON.stringify(named),
        plan,
      ],
    );
  }
}
