import type { AddedPlaces, Cluster, Hamlet, NewCluster, NewHamlet, PlaceRow } from '../protocol/inventory.ts';
import { newCluster } from '../protocol/inventory.ts';

const LONGEST_HAMLET_ID = 28;
const { clusterId: _, hamletId: __, name: ___, ...DEFAULTS } = newCluster.parse({ clusterId: 'a', hamletId: 'a', name: 'a' });

/**
 * What a table of places adds to those that are there. A place is known by its name, whatever its case or spaces; a row that names a hamlet twice
 * adds one. Ids are made from the names (`Ấp 3` → `ap-3`, its clusters `ap-3-c1`, ...), since nobody who types a table should have to invent them. Pure.
 */
export function newPlaces(rows: readonly PlaceRow[], hamlets: readonly Hamlet[], clusters: readonly Cluster[]): AddedPlaces {
  const added: { hamlets: NewHamlet[]; clusters: NewCluster[] } = { hamlets: [], clusters: [] };
  const hamletIds = new Set(hamlets.map(({ hamletId }) => hamletId));
  const clusterIds = new Set(clusters.map(({ clusterId }) => clusterId));
  const byName = new Map(hamlets.map(({ hamletId, name }) => [known(name), hamletId]));
  const clusterNames = new Set(clusters.map(({ hamletId, name }) => `${hamletId}\n${known(name)}`));
  const lastNumber = new Map<string, number>();
  let position = Math.max(0, ...hamlets.map((hamlet) => hamlet.position));
  let presentRows = 0;

  const hamletOf = (name: string): { hamletId: string; isNew: boolean } => {
    const cleaned = clean(name);
    const there = byName.get(cleaned.toLowerCase());
    if (there !== undefined) return { hamletId: there, isNew: false };
    const hamletId = freeId(slugOf(cleaned), hamletIds);
    hamletIds.add(hamletId);
    byName.set(cleaned.toLowerCase(), hamletId);
    position += 1;
    added.hamlets.push({ hamletId, name: cleaned, position, population: null, latitude: null, longitude: null });
    return { hamletId, isNew: true };
  };
  const nextClusterId = (hamletId: string): string => {
    let number = lastNumber.get(hamletId) ?? 0;
    let id: string;
    do {
      number += 1;
      id = `${hamletId}-c${number}`;
    } while (clusterIds.has(id));
    lastNumber.set(hamletId, number);
    clusterIds.add(id);
    return id;
  };

  for (const { hamlet, cluster, ...rest } of rows) {
    const { hamletId, isNew } = hamletOf(hamlet);
    const name = cluster === null ? undefined : clean(cluster);
    const inItsHamlet = `${hamletId}\n${name?.toLowerCase()}`;
    if (name === undefined || clusterNames.has(inItsHamlet)) {
      if (!isNew) presentRows += 1;
      continue;
    }
    clusterNames.add(inItsHamlet);
    added.clusters.push({ ...DEFAULTS, ...rest, clusterId: nextClusterId(hamletId), hamletId, name });
  }
  return { ...added, presentRows };
}

const clean = (name: string): string => name.normalize('NFC').replace(/\s+/g, ' ').trim();
const known = (name: string): string => clean(name).toLowerCase();

/** Letters without marks, digits, dashes. A name of none of these is a hamlet like any other. */
function slugOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, '-').slice(0, LONGEST_HAMLET_ID);
  return slug.replace(/^-+|-+$/g, '') || 'ap';
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}
