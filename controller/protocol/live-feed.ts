import { z } from 'zod';
import { broadcastSummary } from './broadcasts.ts';
import { clusterId, speakerId, uuid } from './ids.ts';
import { faultCode, speakerLiveState } from './speaker-state.ts';

export const LIVE_PATH = '/api/live';

/** WebSocket close codes of the feed. After all but `sessionEnded` the page reconnects, with a growing pause. */
export const LIVE_CLOSE_CODES = {
  internal: 1011,
  unexpectedMessage: 4400,
  /** Logged out, expired or revoked: log in again. */
  sessionEnded: 4401,
  /** What it has not taken takes more memory than one page gets. */
  tooSlow: 4408,
  controllerStopping: 4503,
} as const;

const conditionFields = {
  code: z.string(),
  /** Which of several things of one kind it is about; code and subject together name a condition. */
  subject: z.string().optional(),
  vi: z.string(),
  en: z.string(),
  /** Old news from then on, epoch ms. */
  untilMs: z.number().optional(),
};

/**
 * The console's live feed: WebSocket GET /api/live (session cookie), server to browser. The first message is a snapshot;
 * after it only changes, and a new snapshot for a page that was too far behind. `atMs` is the controller's time, so that the page can show ages without trusting its own clock.
 */
export const liveMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    atMs: z.number(),
    broadcasts: z.array(broadcastSummary),
    speakers: z.array(speakerLiveState),
    conditions: z.array(
      z.object({
        ...conditionFields,
        sinceMs: z.number().optional(),
        /** It is over since then; without it the condition lasts. */
        clearedAtMs: z.number().optional(),
        /** It is over without having been put right. */
        lapsed: z.boolean().optional(),
      }),
    ),
  }),
  z.object({ type: z.literal('broadcast'), atMs: z.number(), broadcast: broadcastSummary }),
  z.object({ type: z.literal('progress'), atMs: z.number(), broadcastId: uuid, positionMs: z.number(), levelDb: z.number() }),
  z.object({ type: z.literal('speakers'), atMs: z.number(), speakers: z.array(speakerLiveState) }),
  z.object({ type: z.literal('bulletin'), atMs: z.number(), bulletinId: uuid, progress: z.number().nullable() }),
  z.object({
    type: z.literal('fault'),
    atMs: z.number(),
    faultId: uuid,
    speakerId,
    clusterId,
    code: faultCode,
    state: z.enum(['raised', 'cleared']),
  }),
  z.object({
    type: z.literal('condition'),
    atMs: z.number(),
    ...conditionFields,
    state: z.enum(['raised', 'cleared', 'lapsed']),
  }),
  z.object({ type: z.literal('tick'), atMs: z.number() }),
]);
export type LiveMessage = z.infer<typeof liveMessage>;
