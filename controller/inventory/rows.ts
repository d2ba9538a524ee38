import { asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Cluster, ClusterChanges, Hamlet, HamletChanges, NewCluster, NewHamlet } from '../protocol/inventory.ts';
import { MOST_CLUSTERS, MOST_HAMLETS } from '../protocol/inventory.ts';
import { type Database, type Store, schema } from '../store/index.ts';
import { placeExists, tooManyClusters, tooManyHamlets } from './inventory-errors.ts';

const { hamlets, clusters } = schema;
/** Serialises additions of places. */
const ADDITIONS_LOCK = 0x706c6163;
const ROWS_AT_ONCE = 500;
const ROWS_WRITTEN_AT_ONCE = 100;

/** Clusters page by page: thousands at once would hold the event loop. */
export async function readAll(store: Store): Promise<{ hamlets: Hamlet[]; clusters: Cluster[] }> {
  const hamletRows = await store.db.select().from(hamlets).orderBy(asc(hamlets.position), asc(hamlets.id));
  const found: Cluster[] = [];
  let last: SQL | undefined;
  for (;;) {
    const page = await store.db
      .select({ cluster: clusters, position: hamlets.position })
      .from(clusters)
      .innerJoin(hamlets, eq(hamlets.id, clusters.hamletId))
      .where(last && sql`(${hamlets.position}, ${hamlets.id}, ${clusters.id}) > ${last}`)
      .orderBy(asc(hamlets.position), asc(hamlets.id), asc(clusters.id))
      .limit(ROWS_AT_ONCE);
    for (const { cluster } of page) {
      const { id, createdAt: _, ...rest } = cluster;
      found.push({ clusterId: id, ...rest });
    }
    const end = page.at(-1);
    if (page.length < ROWS_AT_ONCE || !end) break;
    last = sql`(${end.position}, ${end.cluster.hamletId}, ${end.cluster.id})`;
  }
  return { hamlets: hamletRows.map(({ id, ...rest }) => ({ hamletId: id, ...rest })), clusters: found };
}

/** @throws AppError `inventory.exists`, `inventory.too_many_hamlets` */
export async function insertHamlet(store: Store, { hamletId, ...rest }: NewHamlet): Promise<void> {
  await addingPlaces(store, async (tx) => {
    const added = await tx
      .insert(hamlets)
      .values({ id: hamletId, ...rest })
      .onConflictDoNothing()
      .returning({ id: hamlets.id });
    if (added.length === 0) throw placeExists(hamletId);
  });
}

/** @throws AppError `inventory.exists`, `inventory.too_many_clusters` */
export async function insertCluster(store: Store, { clusterId, ...rest }: NewCluster): Promise<void> {
  await addingPlaces(store, async (tx) => {
    const added = await tx
      .insert(clusters)
      .values({ id: clusterId, ...rest })
      .onConflictDoNothing()
      .returning({ id: clusters.id });
    if (added.length === 0) throw placeExists(clusterId);
  });
}

export async function updateHamlet(store: Store, hamletId: string, changes: HamletChanges): Promise<void> {
  const set = withoutUndefined(changes);
  if (Object.keys(set).length > 0) await store.db.update(hamlets).set(set).where(eq(hamlets.id, hamletId));
}

export async function updateCluster(store: Store, clusterId: string, changes: ClusterChanges): Promise<void> {
  const set = withoutUndefined(changes);
  if (Object.keys(set).length > 0) await store.db.update(clusters).set(set).where(eq(clusters.id, clusterId));
}

/** All of a commune or nothing. @param check throws, and nothing was added. @throws AppError `inventory.too_many_hamlets`, `inventory.too_many_clusters` */
export function insertMissing(
  store: Store,
  newHamlets: NewHamlet[],
  newClusters: NewCluster[],
  check: (added: { hamlets: number; clusters: number }) => void = () => {},
): Promise<{ hamlets: number; clusters: number }> {
  return addingPlaces(store, async (tx) => {
    const added = await insert(tx);
    check(added);
    return added;
  });

  /** Some at a time: a statement for a thousand rows is more than a turn's work. */
  async function insert(tx: Database): Promise<{ hamlets: number; clusters: number }> {
    const added = { hamlets: 0, clusters: 0 };
    for (let at = 0; at < newHamlets.length; at += ROWS_WRITTEN_AT_ONCE) {
      const some = newHamlets.slice(at, at + ROWS_WRITTEN_AT_ONCE).map(({ hamletId, ...rest }) => ({ id: hamletId, ...rest }));
      added.hamlets += (await tx.insert(hamlets).values(some).onConflictDoNothing().returning({ id: hamlets.id })).length;
    }
    for (let at = 0; at < newClusters.length; at += ROWS_WRITTEN_AT_ONCE) {
      const some = newClusters.slice(at, at + ROWS_WRITTEN_AT_ONCE).map(({ clusterId, ...rest }) => ({ id: clusterId, ...rest }));
      added.clusters += (await tx.insert(clusters).values(some).onConflictDoNothing().returning({ id: clusters.id })).length;
    }
    return added;
  }
}

/** Position 1 is the first one's. One statement: whoever looks sees the old order or the new one. */
export async function orderHamlets(store: Store, hamletIds: readonly string[]): Promise<void> {
  const ids = sql.join(
    hamletIds.map((id) => sql`${id}`),
    sql`, `,
  );
  await store.db
    .update(hamlets)
    .set({ position: sql`array_position(array[${ids}]::text[], ${hamlets.id})` })
    .where(inArray(hamlets.id, [...hamletIds]));
}

/** In one transaction, and one after the other, so that many at once don't pass the bounds together. What has more already keeps it. */
function addingPlaces<Result>(store: Store, add: (tx: Database) => Promise<Result>): Promise<Result> {
  return store.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${ADDITIONS_LOCK})`);
    const before = { hamlets: await tx.$count(hamlets), clusters: await tx.$count(clusters) };
    const result = await add(tx);
    const after = { hamlets: await tx.$count(hamlets), clusters: await tx.$count(clusters) };
    if (after.hamlets > MOST_HAMLETS && after.hamlets > before.hamlets) throw tooManyHamlets(MOST_HAMLETS);
    if (after.clusters > MOST_CLUSTERS && after.clusters > before.clusters) throw tooManyClusters(MOST_CLUSTERS);
    return result;
  });
}

function withoutUndefined<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };
}
