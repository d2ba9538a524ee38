/** What was sent, with its place on the timeline. */
interface Sent {
  payload: Buffer;
  captureAtMs: number;
  durationMs: number;
  /** Where in the programme it lies; undefined: before it (a chime). */
  positionMs: number | null | undefined;
  /** Measured already, as it arrived. */
  levelDb: number | undefined;
}

/**
 * Sound that was sent ahead, until its instant comes: the copy and the level are of what is on air, and what is stopped before its instant was never on it.
 */
export class DueSound {
  #waiting: Sent[] = [];
  #take: (sent: Sent) => void;

  constructor(take: (sent: Sent) => void) {
    this.#take = take;
  }

  add(sent: Sent): void {
    this.#waiting.push(sent);
  }

  /** Hands over what was captured before this instant, in order. */
  until(atMs: number): void {
    let due = 0;
    while (due < this.#waiting.length && (this.#waiting[due] as Sent).captureAtMs < atMs) due += 1;
    for (const sent of this.#waiting.splice(0, due)) this.#take(sent);
  }
}
