import { asc, eq } from 'drizzle-orm';
import type { Cluster, ClusterChanges, Hamlet, HamletChanges, NewCluster, NewHamlet } from '../protocol/inventory.ts';
import { type Store, schema } from '../store/index.ts';
import { placeExists } from './inventory-errors.ts';

const { hamlets, clusters } = schema;

export async function readAll(store: Store): Promise<{ hamlets: Hamlet[]; clusters: Cluster[] }> {
  const hamletRows = await store.db.select().from(hamlets).orderBy(asc(hamlets.position), asc(hamlets.id));
  const clusterRows = await store.db
    .select({ cluster: clusters })
    .from(clusters)
    .innerJoin(hamlets, eq(hamlets.id, clusters.hamletId))
    .orderBy(asc(hamlets.position), asc(hamlets.id), asc(clusters.id));
  return {
    hamlets: hamletRows.map(({ id, ...rest }) => ({ hamletId: id, ...rest })),
    clusters: clusterRows.map(({ cluster: { id, createdAt: _, ...rest } }) => ({ clusterId: id, ...rest })),
  };
}

/** @throws AppError `inventory.exists` */
export async function insertHamlet(store: Store, { hamletId, ...rest }: NewHamlet): Promise<void> {
  const added = await store.db
    .insert(hamlets)
    .values({ id: hamletId, ...rest })
    .onConflictDoNothing()
    .returning({ id: hamlets.id });
  if (added.length === 0) throw placeExists(hamletId);
}

/** @throws AppError `inventory.exists` */
export async function insertCluster(store: Store, { clusterId, ...rest }: NewCluster): Promise<void> {
  const added = await store.db
    .insert(clusters)
    .values({ id: clusterId, ...rest })
    .onConflictDoNothing()
    .returning({ id: clusters.id });
  if (added.length === 0) throw placeExists(clusterId);
}

export async function updateHamlet(store: Store, hamletId: string, changes: HamletChanges): Promise<void> {
  const set = withoutUndefined(changes);
  if (Object.keys(set).length > 0) await store.db.update(hamlets).set(set).where(eq(hamlets.id, hamletId));
}

export async function updateCluster(store: Store, clusterId: string, changes: ClusterChanges): Promise<void> {
  const set = withoutUndefined(changes);
  if (Object.keys(set).length > 0) await store.db.update(clusters).set(set).where(eq(clusters.id, clusterId));
}

/** In one transaction: all of a commune or nothing. */
export function insertMissing(
  store: Store,
  newHamlets: NewHamlet[],
  newClusters: NewCluster[],
): Promise<{ hamlets: number; clusters: number }> {
  return store.db.transaction(async (tx) => {
    const hamletRows = newHamlets.map(({ hamletId, ...rest }) => ({ id: hamletId, ...rest }));
    const clusterRows = newClusters.map(({ clusterId, ...rest }) => ({ id: clusterId, ...rest }));
    const addedHamlets = await tx.insert(hamlets).values(hamletRows).onConflictDoNothing().returning({ id: hamlets.id });
    if (clusterRows.length === 0) return { hamlets: addedHamlets.length, clusters: 0 };
    const addedClusters = await tx.insert(clusters).values(clusterRows).onConflictDoNothing().returning({ id: clusters.id });
    return { hamlets: addedHamlets.length, clusters: addedClusters.length };
  });
}

function withoutUndefined<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };
}
