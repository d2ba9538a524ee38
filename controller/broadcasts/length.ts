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

/**
 * Where to go on with a message that was cut off at `positionMs`: at its first word, whatever was said of it already. In the pause behind it: at the next. ms into the programme;
 * `positionMs` itself where there is no message, or its length is not known.
 */
export function passBeganMs({ content, attention, messageMs, positionMs }: Lengths & { positionMs: number }): number {
  if (content.kind !== 'bulletin' || messageMs === null || messageMs <= 0) return positionMs;
  const openingMs = attention?.durationMs ?? 0;
  if (positionMs < openingMs) return 0;
  const periodMs = messageMs + content.pauseMs;
  const whole = Math.floor((positionMs - openingMs) / periodMs);
  const isInPause = positionMs - openingMs - whole * periodMs >= messageMs;
  return openingMs + (isInPause ? whole + 1 : whole) * periodMs;
}
