import { z } from 'zod';
import { attention } from './attention.ts';
import { broadcastClass } from './broadcast-class.ts';
import { clusterId, hamletId, uuid } from './ids.ts';
import { MOST_CLUSTERS, MOST_HAMLETS } from './inventory.ts';

/** Where: everything, or the union of hamlets and clusters. */
export const targets = z.union([
  z.object({ everything: z.literal(true) }),
  z
    .object({ hamletIds: z.array(hamletId).max(MOST_HAMLETS).default([]), clusterIds: z.array(clusterId).max(MOST_CLUSTERS).default([]) })
    .refine((value) => value.hamletIds.length + value.clusterIds.length > 0, {
      error: 'at least one hamlet or cluster',
      params: { vi: 'cần ít nhất một ấp hoặc một cụm loa' },
    }),
]);
export type Targets = z.infer<typeof targets>;

/** How often a bulletin is said: so many times, or again and again until somebody stops it, which only an emergency may. */
export const repeat = z.union([z.int().min(1).max(100), z.literal('until_stopped')]);
export type Repeat = z.infer<typeof repeat>;

/** What: a ready bulletin, a relayed station, or a microphone opened in a browser. */
export const broadcastContent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('bulletin'),
    bulletinId: uuid,
    repeat: repeat.default(1),
    pauseMs: z.int().min(0).max(600_000).default(3000),
  }),
  z.object({ kind: z.literal('relay'), url: z.url().max(2000), durationMs: z.int().min(1000).max(14_400_000) }),
  z.object({ kind: z.literal('microphone'), microphoneId: uuid, maxDurationMs: z.int().min(1000).max(7_200_000).default(600_000) }),
]);
export type BroadcastContent = z.infer<typeof broadcastContent>;

/** What an emergency says: that something threatens, that the warning was a mistake (báo nhầm), or that it is over. */
export const EMERGENCY_KINDS = ['warning', 'correction', 'all_clear'] as const;
export const emergencyKind = z.enum(EMERGENCY_KINDS);
export type EmergencyKind = z.infer<typeof emergencyKind>;

/** What becomes of it when something higher takes its poles: goes on from where it stopped, or ends. */
export const onPreempted = z.enum(['resume', 'end']);

export const startBroadcast = z.object({
  /** Chosen by the client; the same id again answers the same broadcast instead of sounding twice. */
  broadcastId: uuid,
  title: z.string().trim().min(1).max(200),
  class: broadcastClass,
  content: broadcastContent,
  targets,
  /** Epoch ms; absent = now. */
  startsAtMs: z.number().optional(),
  onPreempted: onPreempted.default('resume'),
  gainDb: z.number().min(-40).max(6).default(0),
  /** Chime (pre-announcement tone) before the content. An emergency never has it: it has its attention signal. */
  chime: z.boolean().default(false),
  /** Of an emergency only; `warning` when absent. */
  emergencyKind: emergencyKind.optional(),
  /** How late it may still start when something is in its way or nobody is connected; its class's usual tolerance when absent. */
  latestStartMs: z.int().min(0).max(86_400_000).optional(),
  /** Of an emergency: how long after its end poles that missed it still get it; half an hour when absent, 0: not at all. */
  validForMs: z.int().min(0).max(86_400_000).optional(),
});
export type StartBroadcast = z.infer<typeof startBroadcast>;

export const BROADCAST_STATUSES = [
  'planned',
  'preparing',
  'on_air',
  'preempted',
  'finished',
  'stopped',
  'cut',
  'failed',
  'missed',
] as const;
export const broadcastStatus = z.enum(BROADCAST_STATUSES);
export type BroadcastStatus = z.infer<typeof broadcastStatus>;

export const broadcastSummary = z.object({
  broadcastId: uuid,
  title: z.string(),
  class: broadcastClass,
  content: broadcastContent,
  targets,
  /** The IP clusters that the targets meant when it was prepared. */
  clusterIds: z.array(clusterId),
  status: broadcastStatus,
  startsAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  durationMs: z.number().nullable().describe('null: open-ended'),
  positionMs: z.number(),
  /** Of an emergency; null: it is none. */
  emergencyKind: emergencyKind.nullable().optional(),
  /** The attention signal at its beginning; it is part of `positionMs` and `durationMs`. null: none. */
  attention: attention.nullable().optional(),
  /** Of the bulletin, said once; null: it is none, or its length is not known. */
  messageMs: z.number().nullable().optional(),
  /** How many times a bulletin has been said to its end; null: it is none, or its length is not known. */
  timesSaid: z.int().nullable().optional(),
  /** Clusters on which it sounds now by their own reports. */
  hearingClusters: z.int(),
  requestedBy: z.string(),
  origin: z.enum(['console', 'schedule', 'api', 'demo', 'make_up']),
  makesUpFor: uuid.nullable().describe('the emergency that it gives once more to the poles that missed it; null: it is no make-up'),
  /** Why it ended, in Vietnamese. */
  endReason: z.string().nullable(),
  endReasonEn: z.string().nullable().optional(),
  /** Stable code of the reason, for example `air.preempted`. */
  endReasonCode: z.string().nullable().optional(),
  preemptedBy: uuid.nullable(),
  /** On which of its clusters something else sounds now. */
  heldOffClusterIds: z.array(clusterId).optional(),
  alsoRequestedBy: z
    .array(z.string())
    .optional()
    .describe(
      'of an emergency: who else asked for the same words at the same places while it ran; their request is answered with this one',
    ),
  tookOver: z
    .array(z.object({ broadcastId: uuid, title: z.string(), requestedBy: z.string(), isOver: z.boolean() }))
    .optional()
    .describe(
      'of an emergency: the older ones from which it took clusters; one that is over has lost all of them and does not come back by itself',
    ),
  stored: z
    .boolean()
    .describe('false: done, but neither the database nor the disk took it down yet; were the server restarted now, it would be forgotten'),
});
export type BroadcastSummary = z.infer<typeof broadcastSummary>;

/** "This will sound where, when, how loud, how long, and what it replaces" - shown before anything sounds. */
export const broadcastPreview = z.object({
  vi: z.string(),
  en: z.string(),
  clusterCount: z.int(),
  connectedCount: z.int(),
  hamletNames: z.array(z.string()),
  startsAtMs: z.number(),
  durationMs: z.number().nullable(),
  replaces: z.array(z.object({ broadcastId: uuid, title: z.string(), class: broadcastClass, clusterCount: z.int(), resumes: z.boolean() })),
  waitsFor: z.array(z.object({ broadcastId: uuid, title: z.string(), class: broadcastClass, clusterCount: z.int() })),
  /** FM clusters among the targets, which can't be controlled. */
  fmClusterCount: z.int().optional(),
  /** Why it would not be accepted, in words; absent when it would. */
  refusal: z.object({ code: z.string(), vi: z.string(), en: z.string() }).optional(),
});
export type BroadcastPreview = z.infer<typeof broadcastPreview>;

/** What became of a broadcast on one cluster, from its speaker's receipts. */
export const clusterOutcome = z.object({
  clusterId,
  clusterName: z.string(),
  hamletId,
  /** muted: all that was not heard there a person had silenced (`muted` of the cluster). */
  outcome: z.enum(['whole', 'part', 'none', 'muted', 'unknown', 'pending']),
  madeUp: z.boolean().describe('whole, but by a make-up pass'),
  heardMs: z
    .number()
    .nullable()
    .describe(
      'of the pass of which it heard most; without passes, of all that was louder than silence, each word once; null: that is not known',
    ),
  evidence: z
    .enum(['levels', 'played'])
    .nullable()
    .optional()
    .describe('what the receiver told: levels, held against what was sent; or, weaker, only that it played; null: nothing played'),
  /** Why it could not sound; null: it could, or that is not known. */
  cause: z.object({ code: z.string(), vi: z.string(), en: z.string() }).nullable(),
  playedMs: z.number(),
  concealedMs: z.number(),
  firstSoundAtMs: z.number().nullable(),
  lastSoundAtMs: z.number().nullable(),
});
export type ClusterOutcome = z.infer<typeof clusterOutcome>;

export const broadcastParams = z.object({ broadcastId: uuid });

/** The preview of a broadcast that has no id yet. */
export const previewBroadcast = startBroadcast.extend({ broadcastId: uuid.optional() });
export type PreviewBroadcast = z.infer<typeof previewBroadcast>;

export const stopBroadcast = z.object({ reason: z.string().trim().max(200).optional() });

/** active: everything that is not over. history: what is over, newest first. */
export const broadcastListQuery = z.object({
  view: z.enum(['active', 'history']).default('active'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `nextBefore` of the page before. */
  before: z.string().max(100).optional(),
});
export const broadcastList = z.object({ broadcasts: z.array(broadcastSummary), nextBefore: z.string().nullable() });
export type BroadcastList = z.infer<typeof broadcastList>;

/** One line of a broadcast's log, in the order in which it happened. */
export const broadcastLogEntry = z.object({ atMs: z.number(), kind: z.string(), detail: z.record(z.string(), z.unknown()) });
export type BroadcastLogEntry = z.infer<typeof broadcastLogEntry>;
