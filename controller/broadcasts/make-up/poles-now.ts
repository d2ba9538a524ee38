import type { Inventory } from '../../inventory/index.ts';
import type { SpeakerLiveState } from '../../protocol/speaker-state.ts';
import type { SpeakerDirectory } from '../../speakers/speaker-directory.ts';
import { inabilityOf, isStillSilencedBy } from './ability.ts';
import type { PoleNow } from './missed-emergency.ts';

export interface PolesNowDeps {
  speakers: Pick<SpeakerDirectory, 'states' | 'state' | 'speakerOf' | 'isConnected' | 'askForSign'>;
  inventory: Pick<Inventory, 'cluster' | 'clusters'>;
}

/** Which poles could sound, and since when: who has just come back is not trusted at once. */
export class PolesNow {
  #deps: PolesNowDeps;
  #ableSinceMs = new Map<string, number>();

  constructor(deps: PolesNowDeps) {
    this.#deps = deps;
  }

  look(nowMs: number): void {
    for (const state of this.#deps.speakers.states()) this.see(state, nowMs);
  }

  see(state: SpeakerLiveState, nowMs: number): void {
    if (inabilityOf(state, Number.NEGATIVE_INFINITY)) this.#ableSinceMs.delete(state.clusterId);
    else if (!this.#ableSinceMs.has(state.clusterId)) this.#ableSinceMs.set(state.clusterId, nowMs);
  }

  pole(clusterId: string, aliveSinceMs: number): Omit<PoleNow, 'isSuperseded'> {
    const { speakers } = this.#deps;
    const speakerId = speakers.speakerOf(clusterId);
    const state = speakerId === undefined ? undefined : speakers.state(speakerId);
    return {
      hamletId: this.hamletOf(clusterId),
      isConnected: speakerId !== undefined && speakers.isConnected(speakerId),
      cause: inabilityOf(state, aliveSinceMs),
      faults: state?.faults ?? [],
      isStillSilencedBy: (reason) => isStillSilencedBy(reason, state),
      ableSinceMs: this.#ableSinceMs.get(clusterId) ?? Number.POSITIVE_INFINITY,
    };
  }

  /** Who has just booted has nothing to say until its next beat, which can be twenty seconds off; who is cut off says nothing to this either. */
  askForSign(clusterId: string): void {
    const speakerId = this.#deps.speakers.speakerOf(clusterId);
    if (speakerId !== undefined) this.#deps.speakers.askForSign(speakerId);
  }

  hamletOf(clusterId: string): string {
    return this.#deps.inventory.cluster(clusterId)?.hamletId ?? clusterId;
  }

  /** All clusters of these hamlets. */
  clustersOf(hamletIds: ReadonlySet<string>): Set<string> {
    const clusters = this.#deps.inventory.clusters().filter((cluster) => hamletIds.has(cluster.hamletId));
    return new Set(clusters.map((cluster) => cluster.clusterId));
  }

  nameOf(clusterId: string): string {
    return this.#deps.inventory.cluster(clusterId)?.name ?? clusterId;
  }
}
