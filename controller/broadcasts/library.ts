import type { BroadcastClass } from '../protocol/broadcast-class.ts';

/** What broadcasts/ needs to know of a bulletin to air it. */
export interface AirableBulletin {
  title: string;
  class: BroadcastClass;
  status: 'draft' | 'processing' | 'ready' | 'failed';
  /** Of the master; null while there is none. */
  durationMs: number | null;
  /** Absolute path of the Ogg Opus master; null while there is none. */
  masterPath: string | null;
  /** The file is not what was stored. */
  isDamaged?: true;
}

export interface BulletinLibrary {
  /** undefined: there is no such bulletin, or it was deleted. @param haste `urgent`: an emergency waits for it, also while the disk does not answer */
  bulletin(bulletinId: string, haste?: 'usual' | 'urgent'): Promise<AirableBulletin | undefined>;
  /** What stands ready for an emergency, from memory, as it is now; undefined for every other bulletin. */
  prepared(bulletinId: string): AirableBulletin | undefined;
  /** It begins to sound. */
  noteAired(bulletinId: string, atMs: number): Promise<void>;
}

const REMEMBERED_MAX = 500;

/** A library that still knows the bulletins it was asked about before, for an emergency while the store is away. */
export class RememberingLibrary {
  #library: BulletinLibrary;
  #ready = new Map<string, AirableBulletin>();

  constructor(library: BulletinLibrary) {
    this.#library = library;
  }

  async bulletin(bulletinId: string, haste: 'usual' | 'urgent'): Promise<AirableBulletin | undefined> {
    const found = await this.#library.bulletin(bulletinId, haste);
    this.#ready.delete(bulletinId);
    if (found?.status === 'ready') this.#ready.set(bulletinId, found);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > REMEMBERED_MAX && oldest !== undefined) this.#ready.delete(oldest);
    return found;
  }

  /** Prepared for an emergency, or as it was when it was last asked for; its master never changes. */
  remembered(bulletinId: string): AirableBulletin | undefined {
    return this.#library.prepared(bulletinId) ?? this.#ready.get(bulletinId);
  }
}
