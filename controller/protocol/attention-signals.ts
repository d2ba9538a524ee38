// Without schemas: the console's pages load this, and a phone need not load a checker of schemas with it.

/** Signals that draw attention to a warning; the commune chooses one (air/attention-tones.ts says what each is modelled on). */
export const WARNING_SIGNALS = ['two_tone', 'sweep', 'whoop', 'pulses'] as const;
export type WarningSignal = (typeof WARNING_SIGNALS)[number];

/** All of them: a correction and an all-clear have their own, so that nobody takes them for another warning. */
export const ATTENTION_SIGNALS = [...WARNING_SIGNALS, 'correction', 'all_clear'] as const;
export type AttentionSignal = (typeof ATTENTION_SIGNALS)[number];

/** EN 50849 and IEC 60849 ask for an attention-drawing signal of 4 to 10 s before the first message. */
export const SHORTEST_ATTENTION_MS = 4000;
export const LONGEST_ATTENTION_MS = 10_000;
/** What a listener still has of the signal on the pole whose amplifier takes longest to wake up. */
export const ATTENTION_AFTER_WAKE_UP_MS = 1000;
/** hello.wakeUpMs at most. */
export const LONGEST_WAKE_UP_MS = 10_000;
/** Signals are made of whole Opus frames. */
export const ATTENTION_STEP_MS = 20;

/** How long the signal has to be where the slowest amplifier among those meant needs `wakeUpMs`: never shorter than what was set. */
export function attentionMsFor(setMs: number, wakeUpMs: number): number {
  return Math.max(setMs, Math.ceil((wakeUpMs + ATTENTION_AFTER_WAKE_UP_MS) / ATTENTION_STEP_MS) * ATTENTION_STEP_MS);
}
