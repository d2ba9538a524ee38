import { z } from 'zod';

/** Ids of places are short, readable and chosen by people (`ap-03`, `ap-03-c2`); ids of events are UUIDs. */
const PLACE_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export const hamletId = z.string().regex(PLACE_ID).describe('Hamlet (ấp, khu phố, thôn), for example ap-03');
export const clusterId = z.string().regex(PLACE_ID).describe('Cluster (cụm loa): one pole, for example ap-03-c2');
/** Serial number printed on the device; part of its certificate's subject. */
export const speakerId = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{2,31}$/)
  .describe('Serial number of the IP speaker (bộ thu)');
export const uuid = z.uuid();

export type HamletId = z.infer<typeof hamletId>;
export type ClusterId = z.infer<typeof clusterId>;
export type SpeakerId = z.infer<typeof speakerId>;
