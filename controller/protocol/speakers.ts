import { z } from 'zod';
import { clusterId, hamletId, speakerId } from './ids.ts';
import { faultCode, faultSeverity, speakerFault, speakerLiveState, speakerRung } from './speaker-state.ts';

/** HTTP: speakers, their history and their faults. */

/** Where a speaker is in its life: a claim was made for it, it is in service, or it was revoked. */
export const speakerStanding = z.enum(['claimed', 'in_service', 'revoked']);

export const speakerListItem = z.object({
  speakerId,
  clusterId,
  clusterName: z.string(),
  hamletId,
  hamletName: z.string(),
  standing: speakerStanding,
  model: z.string().nullable(),
  firmware: z.string().nullable(),
  enrolledAtMs: z.number().nullable(),
  certificateNotAfterMs: z.number().nullable(),
  /** Until when its claim code may be used; null where none waits for its device. */
  claimExpiresAtMs: z.number().nullable(),
  volumeDb: z.number(),
  muted: z.boolean(),
  emergencyVolumeDb: z.number(),
  alignDelayMs: z.number(),
  live: speakerLiveState,
});
export type SpeakerListItem = z.infer<typeof speakerListItem>;
export const speakerList = z.object({ atMs: z.number(), speakers: z.array(speakerListItem) });

export const speakerTransition = z.object({
  atMs: z.number(),
  fromRung: speakerRung,
  toRung: speakerRung,
  detail: z.record(z.string(), z.unknown()),
});
export type SpeakerTransition = z.infer<typeof speakerTransition>;

export const speakerDetail = speakerListItem.extend({
  atMs: z.number(),
  /** The controller's own measurement of the path, ms: median of the last round trips, mean distance from it, smallest. */
  path: z.object({ roundTripMs: z.number(), deviationMs: z.number(), minimumMs: z.number(), samples: z.int() }).nullable(),
  /** How far the controller knows the speaker's clock estimate to be wrong, ms; 0: nothing contradicts it. */
  clockContradictionMs: z.number(),
  /** Newest first. */
  transitions: z.array(speakerTransition),
  faults: z.array(speakerFault),
});
export type SpeakerDetail = z.infer<typeof speakerDetail>;

export const speakerParams = z.object({ speakerId });
export const speakerHistoryQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) });

export const claimParams = z.object({ clusterId });
export const claimRequest = z.object({ serial: speakerId });
export const claimResponse = z.object({
  speakerId,
  clusterId,
  /** The one-time secret; shown now and never again. */
  claim: z.string(),
  /** What the QR code carries (`loaxa:1:...`). */
  claimCode: z.string(),
  /** The code opens nothing any more after that, epoch ms. */
  expiresAtMs: z.number(),
});
export type ClaimResponse = z.infer<typeof claimResponse>;

export const faultListItem = speakerFault.extend({ speakerId, clusterId });
export type FaultListItem = z.infer<typeof faultListItem>;
export const faultListQuery = z.object({
  /** open: what stands now. all: cleared ones too, newest first. */
  state: z.enum(['open', 'all']).default('open'),
  speakerId: speakerId.optional(),
  code: faultCode.optional(),
  severity: faultSeverity.optional(),
  beforeMs: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const faultList = z.object({ atMs: z.number(), faults: z.array(faultListItem) });
