import { type Audit, type Author, entryBy, recordDone } from '../accounts/index.ts';
import type { Clock } from '../clock.ts';
import type { Words } from '../errors.ts';
import type { Targets } from '../protocol/broadcasts.ts';
import type {
  AddedPlaces,
  Cluster,
  ClusterChanges,
  CommuneFile,
  Hamlet,
  HamletChanges,
  NewCluster,
  NewHamlet,
  PlaceRow,
} from '../protocol/inventory.ts';
import { inTurn, type Store } from '../store/index.ts';
import { clusterRowsOf, hamletRowsOf } from './commune-rows.ts';
import { noSuchCluster, noSuchHamlet, placesChanged } from './inventory-errors.ts';
import { newPlaces } from './new-places.ts';
import * as rows from './rows.ts';
import { type Resolution, resolveTargets } from './targets.ts';

export interface InventoryDeps {
  store: Store;
  audit: Audit;
  clock: Clock;
}

/** Hamlets and clusters: where sound can come out. Kept in memory, written through to the store. */
export interface Inventory {
  start(): Promise<void>;
  close(): Promise<void>;
  /** In order of position. */
  hamlets(): readonly Hamlet[];
  /** In order of hamlet, then id. */
  clusters(): readonly Cluster[];
  hamlet(hamletId: string): Hamlet | undefined;
  cluster(clusterId: string): Cluster | undefined;
  /** @throws AppError `inventory.unknown_place` */
  resolve(targets: Targets): Resolution;
  createHamlet(hamlet: NewHamlet, author: Author): Promise<Hamlet>;
  updateHamlet(hamletId: string, changes: HamletChanges, author: Author): Promise<Hamlet>;
  createCluster(cluster: NewCluster, author: Author): Promise<Cluster>;
  updateCluster(clusterId: string, changes: ClusterChanges, author: Author): Promise<Cluster>;
  /** Adds what is missing and leaves what people changed since. Answers how many places were added. */
  importCommune(commune: CommuneFile, author: Author): Promise<{ hamlets: number; clusters: number }>;
  /** Adds the places of a table that are missing, all or none; ids are made from the names. Those that are there stay as they are. */
  addPlaces(rows: readonly PlaceRow[], author: Author): Promise<AddedPlaces>;
  /** What `addPlaces` would add. */
  previewPlaces(rows: readonly PlaceRow[]): AddedPlaces;
  /** @throws AppError `inventory.places_changed` where it doesn't name every hamlet once */
  orderHamlets(hamletIds: readonly string[], author: Author): Promise<readonly Hamlet[]>;
  /** A cluster was added or changed (volume, delay, place); the speaker on it needs its configuration anew. */
  onClusterChanged(listener: (cluster: Cluster) => void): () => void;
}

export function createInventory(deps: InventoryDeps): Inventory {
  const { store, audit } = deps;
  let hamlets = new Map<string, Hamlet>();
  let clusters = new Map<string, Cluster>();
  const listeners = new Set<(cluster: Cluster) => void>();

  const load = inTurn(async (): Promise<void> => {
    const places = await store.retry(() => rows.readAll(store));
    hamlets = new Map(places.hamlets.map((hamlet) => [hamlet.hamletId, hamlet]));
    clusters = new Map(places.clusters.map((cluster) => [cluster.clusterId, cluster]));
  });
  /** Reads back what the store holds now (another process may write, too) and tells who listens. */
  const changed = async (action: string, target: string, author: Author, detail: Record<string, unknown>): Promise<void> => {
    await load();
    await recordDone(audit, { ...entryBy(author), action, target, detail });
  };
  const needHamlet = (hamletId: string): Hamlet => {
    const hamlet = hamlets.get(hamletId);
    if (!hamlet) throw noSuchHamlet(hamletId);
    return hamlet;
  };
  const needCluster = (clusterId: string): Cluster => {
    const cluster = clusters.get(clusterId);
    if (!cluster) throw noSuchCluster(clusterId);
    return cluster;
  };
  const tell = (cluster: Cluster): void => {
    for (const listener of listeners) listener(cluster);
  };

  const previewPlaces = (placeRows: readonly PlaceRow[]): AddedPlaces =>
    newPlaces(placeRows, [...hamlets.values()], [...clusters.values()]);

  return {
    start: load,
    async close() {
      listeners.clear();
    },
    hamlets: () => [...hamlets.values()],
    clusters: () => [...clusters.values()],
    hamlet: (hamletId) => hamlets.get(hamletId),
    cluster: (clusterId) => clusters.get(clusterId),
    resolve: (targets) => resolveTargets(targets, hamlets, clusters),
    async createHamlet(hamlet, author) {
      await rows.insertHamlet(store, hamlet);
      await changed('hamlet.created', hamlet.hamletId, author, { ...hamlet });
      return needHamlet(hamlet.hamletId);
    },
    async updateHamlet(hamletId, changes, author) {
      needHamlet(hamletId);
      await rows.updateHamlet(store, hamletId, changes);
      await changed('hamlet.changed', hamletId, author, { ...changes });
      return needHamlet(hamletId);
    },
    async createCluster(cluster, author) {
      needHamlet(cluster.hamletId);
      await rows.insertCluster(store, cluster);
      await changed('cluster.created', cluster.clusterId, author, { ...cluster });
      tell(needCluster(cluster.clusterId));
      return needCluster(cluster.clusterId);
    },
    async updateCluster(clusterId, changes, author) {
      needCluster(clusterId);
      if (changes.hamletId !== undefined) needHamlet(changes.hamletId);
      await rows.updateCluster(store, clusterId, changes);
      await changed('cluster.changed', clusterId, author, { ...changes });
      tell(needCluster(clusterId));
      return needCluster(clusterId);
    },
    async importCommune(commune, author) {
      const added = await store.retry(() => rows.insertMissing(store, hamletRowsOf(commune), clusterRowsOf(commune)));
      if (added.hamlets + added.clusters > 0) await changed('commune.imported', commune.commune.name, author, added);
      return added;
    },
    previewPlaces,
    async addPlaces(placeRows, author) {
      const planned = previewPlaces(placeRows);
      if (planned.hamlets.length + planned.clusters.length === 0) return planned;
      await rows.insertMissing(store, planned.hamlets, planned.clusters, (added) => {
        // Somebody else added one of them meanwhile: what was announced would not be what is done.
        if (added.hamlets < planned.hamlets.length || added.clusters < planned.clusters.length) throw placesChanged();
      });
      const named = { hamlets: planned.hamlets.map(({ name }) => name), clusters: planned.clusters.map(({ clusterId }) => clusterId) };
      await changed('places.added', `${planned.hamlets.length} + ${planned.clusters.length}`, author, named);
      for (const { clusterId } of planned.clusters) tell(needCluster(clusterId));
      return planned;
    },
    async orderHamlets(hamletIds, author) {
      if (new Set(hamletIds).size !== hamlets.size || !hamletIds.every((id) => hamlets.has(id))) throw placesChanged();
      await rows.orderHamlets(store, hamletIds);
      await changed('hamlets.ordered', '', author, { hamletIds });
      return [...hamlets.values()];
    },
    onClusterChanged(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** "2 cụm FM không điều khiển được": kept FM clusters are part of every count in words, and of no command. */
export function fmClustersInWords(count: number): Words | undefined {
  if (count === 0) return undefined;
  return {
    vi: `${count} cụm FM không điều khiển được`,
    en: count === 1 ? '1 FM cluster that can’t be controlled' : `${count} FM clusters that can’t be controlled`,
  };
}
