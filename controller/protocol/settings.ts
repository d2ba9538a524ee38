import { z } from 'zod';
import { warningSignal } from './attention.ts';
import { ATTENTION_STEP_MS, LONGEST_ATTENTION_MS, SHORTEST_ATTENTION_MS } from './attention-signals.ts';

/** How this commune's emergencies begin. */
export const emergencySettings = z.object({
  attentionSignal: warningSignal,
  attentionMs: z.int().min(SHORTEST_ATTENTION_MS).max(LONGEST_ATTENTION_MS).multipleOf(ATTENTION_STEP_MS),
});
export type EmergencySettings = z.infer<typeof emergencySettings>;

export const FIRST_EMERGENCY_SETTINGS: EmergencySettings = { attentionSignal: 'two_tone', attentionMs: 6000 };

/** The settings, and what the commune's speakers make of them. */
export const emergencySettingsView = emergencySettings.extend({
  /** Of all connected speakers, as their hello says it. */
  longestWakeUpMs: z.number(),
  /** What the signal is lengthened to where the slowest amplifier is meant; at least `attentionMs`. */
  longestAttentionMs: z.number(),
});
export type EmergencySettingsView = z.infer<typeof emergencySettingsView>;
