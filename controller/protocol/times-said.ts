import type { Attention } from './attention.ts';
import type { BroadcastContent } from './broadcasts.ts';

/** How many times a bulletin has been said to its end by `positionMs`; null: it is none, or its length is not known. */
export function timesSaid(broadcast: {
  content: BroadcastContent;
  attention?: Attention | null | undefined;
  /** Of the bulletin, said once. */
  messageMs?: number | null | undefined;
  positionMs: number;
}): number | null {
  const { content, attention, messageMs, positionMs } = broadcast;
  if (content.kind !== 'bulletin' || !messageMs) return null;
  const saidMs = positionMs - (attention?.durationMs ?? 0);
  const times = Math.max(0, Math.floor((saidMs + content.pauseMs) / (messageMs + content.pauseMs)));
  return content.repeat === 'until_stopped' ? times : Math.min(content.repeat, times);
}
