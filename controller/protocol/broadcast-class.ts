import { z } from 'zod';

/**
 * What may replace what on a pole. The three classes of bulletin of Circular 39/2020/TT-BTTTT (normal, priority, emergency),
 * with live announcement and relay in their places among them.
 */
export const BROADCAST_CLASSES = ['normal', 'relay', 'priority', 'live', 'emergency'] as const;
export const broadcastClass = z.enum(BROADCAST_CLASSES);
export type BroadcastClass = z.infer<typeof broadcastClass>;

/** 0 (lowest) to 4 (highest). A broadcast replaces another only when its rank is higher. */
export function rankOf(broadcastClassName: BroadcastClass): number {
  return BROADCAST_CLASSES.indexOf(broadcastClassName);
}
