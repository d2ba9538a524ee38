import { z } from 'zod';
import {
  ATTENTION_AFTER_WAKE_UP_MS,
  ATTENTION_SIGNALS,
  ATTENTION_STEP_MS,
  LONGEST_WAKE_UP_MS,
  SHORTEST_ATTENTION_MS,
  WARNING_SIGNALS,
} from './attention-signals.ts';

export const warningSignal = z.enum(WARNING_SIGNALS);
export const attentionSignal = z.enum(ATTENTION_SIGNALS);

/** One attention signal as it goes on air. Longer than the commune's setting where an amplifier needs it. */
export const attention = z.object({
  signal: attentionSignal,
  durationMs: z
    .int()
    .min(SHORTEST_ATTENTION_MS)
    .max(LONGEST_WAKE_UP_MS + ATTENTION_AFTER_WAKE_UP_MS)
    .multipleOf(ATTENTION_STEP_MS),
});
export type Attention = z.infer<typeof attention>;
