import { z } from 'zod';
import { clusterId, hamletId, speakerId } from './ids.ts';
import { MOST_PLACE_ROWS } from './place-rows.ts';
import { EMERGENCY_VOLUME_FLOOR_DB } from './volume.ts';

/** What a commune has at most: what one broadcast can name (`targets`). Everything that looks at all places rests on it. */
export const MOST_HAMLETS = 200;
export const MOST_CLUSTERS = 5000;

const name = z.string().trim().min(1).max(120);
const latitude = z.number().min(-90).max(90);
const longitude = z.number().min(-180).max(180);
const emergencyVolumeDb = z
  .number()
  .min(EMERGENCY_VOLUME_FLOOR_DB)
  .max(0)
  .describe('volume of emergencies, dB below full, whatever volumeDb and muted say; never below -20');

/** ip: has an IP speaker. fm: a kept FM cluster, without a return channel: it can't be addressed and is never "online". */
export const clusterKind = z.enum(['ip', 'fm']);
export type ClusterKind = z.infer<typeof clusterKind>;

export const hamlet = z.object({
  hamletId,
  name,
  /** Order in lists, from 1. */
  position: z.int().min(0).max(10_000),
  population: z.int().min(0).max(1_000_000).nullable(),
  latitude: latitude.nullable(),
  longitude: longitude.nullable(),
});
export type Hamlet = z.infer<typeof hamlet>;

export const cluster = z.object({
  clusterId,
  hamletId,
  name,
  kind: clusterKind,
  horns: z.int().min(1).max(8),
  volumeDb: z.number().min(-60).max(0).describe('volume of everything but emergencies, dB below full'),
  muted: z.boolean().describe('lets nothing out but emergencies'),
  emergencyVolumeDb,
  alignDelayMs: z.number().min(0).max(2000).describe('extra delay of this pole, for delay alignment or staggered playing'),
  latitude: latitude.nullable(),
  longitude: longitude.nullable(),
  note: z.string().max(1000),
});
export type Cluster = z.infer<typeof cluster>;

export const newHamlet = hamlet.extend({
  population: hamlet.shape.population.default(null),
  latitude: hamlet.shape.latitude.default(null),
  longitude: hamlet.shape.longitude.default(null),
});
export type NewHamlet = z.infer<typeof newHamlet>;

export const newCluster = cluster.extend({
  kind: clusterKind.default('ip'),
  horns: cluster.shape.horns.default(2),
  volumeDb: cluster.shape.volumeDb.default(-6),
  muted: cluster.shape.muted.default(false),
  emergencyVolumeDb: emergencyVolumeDb.default(0),
  alignDelayMs: cluster.shape.alignDelayMs.default(0),
  latitude: cluster.shape.latitude.default(null),
  longitude: cluster.shape.longitude.default(null),
  note: cluster.shape.note.default(''),
});
export type NewCluster = z.infer<typeof newCluster>;

export const hamletChanges = hamlet.omit({ hamletId: true }).partial();
export type HamletChanges = z.infer<typeof hamletChanges>;
export const clusterChanges = cluster.omit({ clusterId: true }).partial();
export type ClusterChanges = z.infer<typeof clusterChanges>;

/** One line of a table of places: a hamlet by its name, and a cluster in it. Ids are the server's to make. */
export const placeRow = z.strictObject({
  hamlet: name,
  /** Null: the hamlet alone. */
  cluster: name.nullable().default(null),
  kind: clusterKind.default('ip'),
  horns: cluster.shape.horns.default(2),
  latitude: latitude.nullable().default(null),
  longitude: longitude.nullable().default(null),
});
export type PlaceRow = z.infer<typeof placeRow>;

export const addPlaces = z.strictObject({
  rows: z.array(placeRow).min(1).max(MOST_PLACE_ROWS),
  preview: z.boolean().default(false).describe('only tell what would be added'),
});
export type AddPlaces = z.input<typeof addPlaces>;

export const addedPlaces = z.object({
  hamlets: z.array(hamlet).describe('hamlets that were added, or would be'),
  clusters: z.array(cluster),
  presentRows: z.int().describe('rows whose place was there already: they changed nothing'),
});
export type AddedPlaces = z.infer<typeof addedPlaces>;

export const hamletOrder = z.strictObject({
  hamletIds: z.array(hamletId).min(1).max(MOST_HAMLETS).describe('all hamlets, in their new order'),
});

/** A commune as a file (schedules/communes/*.yaml): its places, and the serial numbers of the speakers to be enrolled. */
export const communeFile = z.strictObject({
  commune: z.strictObject({
    name,
    /** Shown nowhere yet; kept for reports upward. */
    province: z.string().max(120).optional(),
    note: z.string().max(1000).optional(),
  }),
  hamlets: z
    .array(
      z.strictObject({
        id: hamletId,
        name,
        population: z.int().min(0).max(1_000_000).optional(),
        latitude: latitude.optional(),
        longitude: longitude.optional(),
        clusters: z
          .array(
            z.strictObject({
              id: clusterId,
              name,
              kind: clusterKind.default('ip'),
              horns: z.int().min(1).max(8).default(2),
              volumeDb: z.number().min(-60).max(0).default(-6),
              muted: z.boolean().default(false),
              emergencyVolumeDb: emergencyVolumeDb.default(0),
              latitude: latitude.optional(),
              longitude: longitude.optional(),
              note: z.string().max(1000).default(''),
              /** Serial number of the speaker on this pole; the controller issues its claim code. */
              speaker: speakerId.optional(),
            }),
          )
          .max(200)
          .default([]),
      }),
    )
    .min(1)
    .max(MOST_HAMLETS),
});
export type CommuneFile = z.infer<typeof communeFile>;
