import type { AttentionSignal } from '../protocol/attention-signals.ts';

const RATE_HZ = 48_000;
/** Begins and ends softly enough for the ear not to hear a click, also where the length cuts a pattern. */
const EDGE_S = 0.03;
/** The encoder's look-ahead (6.5 ms) takes the end of what it is given: what must be heard ends before it. */
const QUIET_END_S = 0.01;
/** Of the second harmonic, so that something is left where one frequency is masked or cancelled: ISO 7731 asks for more than one component. */
const SECOND_HARMONIC = 0.5;

/** A tone in time, t in seconds from the beginning. */
interface Tone {
  frequencyHz(t: number): number;
  /** 0 to 1. Absent: always 1. */
  envelope?(t: number): number;
  /** Peak of the fundamental that makes the signal as loud as a bulletin's master, -16 LUFS (measured; the test does it again). */
  peak: number;
}

/**
 * The families of attention-drawing signals, with fundamental and second harmonic between 500 and 2 500 Hz, where horns radiate and ISO 7731 (auditory
 * danger signals) wants the energy:
 * - two_tone: 800 and 970 Hz by turns, half a second each (BS 5839-1, two-tone alternating);
 * - sweep: from 1 200 down to 500 Hz every second (DIN 33404-3, emergency signal);
 * - whoop: from 500 up to 1 200 Hz in 3.5 s, half a second of silence (NEN 2575, slow whoop);
 * - pulses: 970 Hz, half a second on and off (BS 5839-1, intermittent). Not ISO 8201's three pulses: those mean "leave the building";
 * - correction: two soft notes upwards, with time between them: ISO 11429 keeps two tones in sequence for information;
 * - all_clear: one steady tone: ISO 11429 keeps the continuous sound of constant pitch for "danger over".
 * None resembles the bulletins' chime, three struck notes downwards.
 */
const TONES: Record<AttentionSignal, Tone> = {
  two_tone: { frequencyHz: (t) => (t % 1 < 0.5 ? 800 : 970), peak: 0.193 },
  sweep: { frequencyHz: (t) => 1200 - 700 * (t % 1), peak: 0.195 },
  whoop: { frequencyHz: (t) => 500 + 200 * Math.min(3.5, t % 4), envelope: (t) => hump(t % 4, 0, 3.5, 0.02, 0.02), peak: 0.204 },
  pulses: { frequencyHz: () => 970, envelope: (t) => hump(t % 1, 0, 0.5, 0.01, 0.01), peak: 0.24 },
  correction: {
    frequencyHz: (t) => (t % 2 < 0.9 ? 660 : 880),
    envelope: (t) => Math.max(hump(t % 2, 0, 0.85, 0.08, 0.2), hump(t % 2, 0.9, 1.75, 0.08, 0.2)),
    peak: 0.24,
  },
  all_clear: { frequencyHz: () => 700, peak: 0.204 },
};

/**
 * The samples of a signal, one after the other: `next(count)` makes so many more. Phases run on over changes of frequency, so that none clicks.
 * Mono, 48 kHz.
 */
export function createToneWriter(
  signal: AttentionSignal,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): { next(count: number): Float32Array } {
  const { frequencyHz, envelope, peak } = TONES[signal];
  const fromS = fromMs / 1000;
  const untilS = untilMs / 1000 - QUIET_END_S;
  let sample = Math.round(fromS * RATE_HZ);
  let phase = 0;
  return {
    next(count) {
      const pcm = new Float32Array(count);
      for (let index = 0; index < count; index++, sample++) {
        const t = sample / RATE_HZ;
        phase = (phase + (2 * Math.PI * frequencyHz(t)) / RATE_HZ) % (2 * Math.PI);
        const level = peak * hump(t, fromS, untilS, EDGE_S, EDGE_S) * (envelope?.(t) ?? 1);
        pcm[index] = level * (Math.sin(phase) + SECOND_HARMONIC * Math.sin(2 * phase));
      }
      return pcm;
    },
  };
}

/** 1 between two instants, rising and falling along a squared sine within them; 0 outside. All in seconds. */
function hump(t: number, from: number, until: number, rise: number, fall: number): number {
  if (t <= from || t >= until) return 0;
  return Math.sin((Math.PI / 2) * Math.min(1, (t - from) / rise, (until - t) / fall)) ** 2;
}
