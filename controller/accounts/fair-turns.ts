/** How many wait for their turn before somebody is sent away. */
export interface TurnLimits {
  mostAtOnce: number;
  /** From one place. */
  mostWaitingOfPlace: number;
  /** From all places. */
  mostWaiting: number;
  /** Of those who are known; they have places of their own. */
  mostKnownWaiting: number;
}

interface Waiting {
  begin(): void;
  sendAway(): void;
}

/**
 * Turns at something dear. Whoever is known comes before strangers; among strangers each place has its turn, however many wait there, and
 * when all together are too many, the last of the place that has most is sent away.
 */
export class FairTurns {
  readonly #limits: TurnLimits;
  readonly #known: Waiting[] = [];
  /** By place, in the order of their next turns. */
  readonly #strangers = new Map<string, Waiting[]>();
  #strangerCount = 0;
  #running = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /**
   * @param place undefined: somebody who is known
   * @throws what `busy` makes, when too many wait
   */
  async take<Result>(place: string | undefined, task: () => Promise<Result>, busy: () => Error): Promise<Result> {
    // The one that ends hands its turn over, so that a newcomer can't slip in between.
    if (this.#running >= this.#limits.mostAtOnce) await this.#wait(place, busy);
    else this.#running += 1;
    try {
      return await task();
    } finally {
      const next = this.#next();
      if (next) next.begin();
      else this.#running -= 1;
    }
  }

  #wait(place: string | undefined, busy: () => Error): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { begin: resolve, sendAway: () => reject(busy()) };
    if (place === undefined) {
      if (this.#known.length < this.#limits.mostKnownWaiting) this.#known.push(waiting);
      else waiting.sendAway();
      return promise;
    }
    const queue = this.#strangers.get(place) ?? [];
    if (queue.length >= this.#limits.mostWaitingOfPlace) {
      waiting.sendAway();
      return promise;
    }
    queue.push(waiting);
    this.#strangers.set(place, queue);
    this.#strangerCount += 1;
    if (this.#strangerCount > this.#limits.mostWaiting) this.#sendOneAway();
    return promise;
  }

  #next(): Waiting | undefined {
    const known = this.#known.shift();
    if (known) return known;
    for (const [place, queue] of this.#strangers) {
      const first = queue.shift();
      this.#strangers.delete(place);
      if (queue.length > 0) this.#strangers.set(place, queue);
      if (first) this.#strangerCount -= 1;
      return first;
    }
    return undefined;
  }

  #sendOneAway(): void {
    let fullest: [string, Waiting[]] | undefined;
    for (const entry of this.#strangers) if (!fullest || entry[1].length >= fullest[1].length) fullest = entry;
    if (!fullest) return;
    const [place, queue] = fullest;
    queue.pop()?.sendAway();
    this.#strangerCount -= 1;
    if (queue.length === 0) this.#strangers.delete(place);
  }
}
