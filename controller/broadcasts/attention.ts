import type { Attention } from '../protocol/attention.ts';
import { attentionMsFor } from '../protocol/attention-signals.ts';
import type { EmergencyKind } from '../protocol/broadcasts.ts';
import type { EmergencySettings } from '../protocol/settings.ts';

/**
 * The signal that an emergency begins with. Pure.
 *
 * @param kind null: no emergency, so none
 * @param wakeUpMs of the slowest amplifier among those meant: the signal outlasts it, for an emergency waits for nobody
 */
export function attentionOf(kind: EmergencyKind | null, settings: EmergencySettings, wakeUpMs: number): Attention | null {
  if (kind === null) return null;
  const signal = kind === 'warning' ? settings.attentionSignal : kind;
  return { signal, durationMs: attentionMsFor(settings.attentionMs, wakeUpMs) };
}
