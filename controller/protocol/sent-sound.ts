/** Louder than this is sound; below lie silence, and the noise of an open microphone in a quiet room. */
export const AUDIBLE_DB = -50;

/** What was sent of a broadcast without a break, second by second. */
export interface SentStretch {
  /** Capture instants, epoch ms. */
  fromMs: number;
  untilMs: number;
  /** Where in the programme `fromMs` lies; null: live sound has no other place than its instant. */
  positionMs: number | null;
  /** Level of each second of the wall clock that it touches, dBFS, the first and the last as far as they are its own; -120: silence. */
  db: number[];
}
