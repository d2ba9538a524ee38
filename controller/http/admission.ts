/** How many connections a port holds. */
export interface AdmissionLimits {
  /** Of those that have not shown who they are, altogether. */
  mostStrangers: number;
  /** Of those, from one place (address-block.ts). */
  mostOfPlace: number;
  /** Of one person or device that has shown who it is. */
  mostOfHolder: number;
}

interface Guest {
  readonly place: string;
  holder: string | undefined;
}

/** Of so many places it is remembered that somebody known came from there. */
const MOST_FAMILIAR = 4096;
/** A familiar place may have so many times the strangers of another before it gives way first. */
const FAMILIAR_WEIGHT = 8;

/**
 * Which connections are ended so that others find room. A newcomer is never refused: the one that has been quiet for longest gives way,
 * first among its own place's, and when strangers are too many altogether in the place that has most of them; places from which somebody
 * known has come give way last. Who has shown who they are gives way to nobody but their own newer connections. Pure.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #guests = new Map<string, Guest>();
  /** By place, and by holder; the quietest first. */
  readonly #strangers = new Map<string, Set<string>>();
  readonly #held = new Map<string, Set<string>>();
  readonly #familiar = new Set<string>();
  #strangerCount = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get strangers(): number {
    return this.#strangerCount;
  }

  get size(): number {
    return this.#guests.size;
  }

  /** @returns the connections to be ended */
  arrived(connection: string, place: string): string[] {
    if (this.#guests.has(connection)) this.left(connection);
    this.#guests.set(connection, { place, holder: undefined });
    addTo(this.#strangers, place, connection);
    this.#strangerCount += 1;
    const { mostOfPlace, mostStrangers } = this.#limits;
    if ((this.#strangers.get(place)?.size ?? 0) > mostOfPlace) return this.#end(this.#quietest(place));
    return this.#strangerCount > mostStrangers ? this.#end(this.#quietest(this.#fullestPlace(place))) : [];
  }

  /** It has asked something: others are quieter now. */
  spoke(connection: string): void {
    const guest = this.#guests.get(connection);
    if (!guest) return;
    const peers = guest.holder === undefined ? this.#strangers.get(guest.place) : this.#held.get(guest.holder);
    if (peers?.delete(connection)) peers.add(connection);
  }

  /** It has shown whose it is. @returns the connections to be ended */
  proved(connection: string, holder: string): string[] {
    const guest = this.#guests.get(connection);
    if (!guest || guest.holder === holder) return [];
    this.#forget(connection, guest);
    guest.holder = holder;
    addTo(this.#held, holder, connection);
    this.#remember(guest.place);
    const own = this.#held.get(holder);
    const [quietest] = own ?? [];
    return own && own.size > this.#limits.mostOfHolder && quietest !== undefined ? this.#end(quietest) : [];
  }

  left(connection: string): void {
    const guest = this.#guests.get(connection);
    if (!guest) return;
    this.#forget(connection, guest);
    this.#guests.delete(connection);
  }

  #end(connection: string): string[] {
    this.left(connection);
    return [connection];
  }

  #forget(connection: string, { place, holder }: Guest): void {
    if (holder !== undefined) removeFrom(this.#held, holder, connection);
    else {
      removeFrom(this.#strangers, place, connection);
      this.#strangerCount -= 1;
    }
  }

  #remember(place: string): void {
    this.#familiar.delete(place);
    this.#familiar.add(place);
    const [oldest] = this.#familiar;
    if (this.#familiar.size > MOST_FAMILIAR && oldest !== undefined) this.#familiar.delete(oldest);
  }

  #quietest(place: string): string {
    const [quietest = ''] = this.#strangers.get(place) ?? [];
    return quietest;
  }

  /** Never the newcomer's, if it is alone there. */
  #fullestPlace(newcomers: string): string {
    let fullest = { place: newcomers, weight: 0 };
    for (const [place, { size }] of this.#strangers) {
      if (place === newcomers && size === 1) continue;
      const weight = this.#familiar.has(place) ? size / FAMILIAR_WEIGHT : size;
      if (weight > fullest.weight) fullest = { place, weight };
    }
    return fullest.place;
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, connection: string): void {
  const set = sets.get(key);
  if (set) set.add(connection);
  else sets.set(key, new Set([connection]));
}

function removeFrom(sets: Map<string, Set<string>>, key: string, connection: string): void {
  const set = sets.get(key);
  if (set?.delete(connection) && set.size === 0) sets.delete(key);
}
