import type { NewCluster, NewHamlet } from '../../controller/protocol/inventory.ts';
import type { SpeakerListItem } from '../../controller/protocol/speakers.ts';

/** Serial numbers of simulated speakers. No other speaker's place or claim is ever touched. */
const SERIAL = /^SIM-\d+$/;

export interface KnownPlaces {
  hamlets: readonly { hamletId: string; name: string; position: number }[];
  clusters: readonly { clusterId: string; hamletId: string; kind: 'ip' | 'fm' }[];
  speakers: readonly Pick<SpeakerListItem, 'speakerId' | 'clusterId' | 'standing'>[];
}

/** Where a simulated speaker stands or will stand. */
export interface Post {
  speakerId: string;
  clusterId: string;
  hamletId: string;
}

export interface PlacePlan {
  /** Enrolled in an earlier run: their identities are here. */
  enrolled: Post[];
  /** Need a claim code. */
  toClaim: Post[];
  newHamlets: NewHamlet[];
  newClusters: NewCluster[];
  /** Speakers for which there is no place. */
  missing: number;
}

interface Wishes {
  /** Infinity: as many as there are places. */
  speakers: number;
  hamlets: number;
  mayCreate: boolean;
  /** Whether this simulator holds the identity with which the speaker is in service. */
  holdsIdentity(speakerId: string): boolean;
}

/** Which clusters the simulated speakers take: their own of earlier runs, then free ones, then new ones. Pure. */
export function planPlaces(known: KnownPlaces, wishes: Wishes): PlacePlan {
  const plan: PlacePlan = { enrolled: [], toClaim: [], newHamlets: [], newClusters: [], missing: 0 };
  const speakerOn = new Map(known.speakers.map((speaker) => [speaker.clusterId, speaker]));
  const taken = new Set(known.speakers.map(({ speakerId }) => speakerId));
  const free: { clusterId: string; hamletId: string }[] = [];
  for (const { clusterId, hamletId, kind } of known.clusters) {
    if (kind !== 'ip') continue;
    const speaker = speakerOn.get(clusterId);
    if (!speaker) free.push({ clusterId, hamletId });
    else if (speaker.standing === 'in_service' && wishes.holdsIdentity(speaker.speakerId))
      plan.enrolled.push({ speakerId: speaker.speakerId, clusterId, hamletId });
    else if (speaker.standing !== 'in_service' && SERIAL.test(speaker.speakerId))
      plan.toClaim.push({ speakerId: speaker.speakerId, clusterId, hamletId });
  }
  plan.enrolled = plan.enrolled.slice(0, wishes.speakers);
  const room = (): number => wishes.speakers - plan.enrolled.length - plan.toClaim.length;
  if (room() < 0) plan.toClaim.length += room();
  let number = 0;
  const nextSerial = (): string => {
    let serial: string;
    do serial = `SIM-${String(++number).padStart(4, '0')}`;
    while (taken.has(serial));
    return serial;
  };
  for (const place of free) if (room() > 0) plan.toClaim.push({ speakerId: nextSerial(), ...place });
  if (!Number.isFinite(wishes.speakers)) return plan;
  if (wishes.mayCreate) {
    for (const place of newPlaces(known, wishes.hamlets, room(), plan)) plan.toClaim.push({ speakerId: nextSerial(), ...place });
  }
  plan.missing = room();
  return plan;
}

/** New clusters go where the fewest are, over the first so many hamlets. */
function newPlaces(known: KnownPlaces, hamlets: number, count: number, plan: PlacePlan): { clusterId: string; hamletId: string }[] {
  if (count <= 0) return [];
  const sizes = new Map(known.hamlets.toSorted((a, b) => a.position - b.position).map(({ hamletId }) => [hamletId, 0]));
  const names = new Map(known.hamlets.map(({ hamletId, name }) => [hamletId, name]));
  const lastPosition = known.hamlets.reduce((last, { position }) => Math.max(last, position), 0);
  for (let number = 1; sizes.size < hamlets; number++) {
    const hamletId = `ap-${String(number).padStart(2, '0')}`;
    if (sizes.has(hamletId)) continue;
    sizes.set(hamletId, 0);
    names.set(hamletId, `Ấp ${number}`);
    const position = lastPosition + plan.newHamlets.length + 1;
    plan.newHamlets.push({ hamletId, name: `Ấp ${number}`, position, population: null, latitude: null, longitude: null });
  }
  const ids = new Set(known.clusters.map(({ clusterId }) => clusterId));
  const inUse = [...sizes.keys()].slice(0, hamlets);
  for (const { hamletId } of known.clusters) sizes.set(hamletId, (sizes.get(hamletId) ?? 0) + 1);
  const places: { clusterId: string; hamletId: string }[] = [];
  while (places.length < count) {
    const hamletId = inUse.reduce((least, id) => ((sizes.get(id) ?? 0) < (sizes.get(least) ?? 0) ? id : least));
    let number = sizes.get(hamletId) ?? 0;
    let clusterId: string;
    do clusterId = `${hamletId.slice(0, 34)}-c${++number}`;
    while (ids.has(clusterId));
    ids.add(clusterId);
    sizes.set(hamletId, (sizes.get(hamletId) ?? 0) + 1);
    const name = `Cụm ${number}, ${names.get(hamletId) ?? hamletId}`;
    const volume = { volumeDb: -6, muted: false, emergencyVolumeDb: 0 };
    const rest = { kind: 'ip', horns: 2, ...volume, alignDelayMs: 0, latitude: null, longitude: null, note: 'Loa mô phỏng' } as const;
    plan.newClusters.push({ clusterId, hamletId, name, ...rest });
    places.push({ clusterId, hamletId });
  }
  return places;
}
