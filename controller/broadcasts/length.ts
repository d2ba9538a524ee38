import type { Attention } from '../protocol/attention.ts';
import type { BroadcastContent } from '../protocol/broadcasts.ts';

/** What the length of a broadcast depends on. */
interface Lengths {
  content: BroadcastContent;
  attention: Attention | null;
  /** Of the bulletin, said once; null: other content, or not known yet. */
  messageMs: number | null;
}

/** How long it is with its attention signal, ms; null: open-ended, said until stopped, or not known yet. */
export function durationOf({ content, attention, messageMs }: Lengths): number | null {
  const openingMs = attention?.durationMs ?? 0;
  if (content.kind === 'relay') return openingMs + content.durationMs;
  if (content.kind === 'microphone' || messageMs === null || content.repeat === 'until_stopped') return null;
  return openingMs + messageMs * content.repeat + content.pauseMs * (content.repeat - 1);
}
