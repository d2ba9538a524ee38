import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';
import type { BroadcastRecord } from './record.ts';

/** By then a speaker that sounds has said so. */
const SILENCE_NOTICED_MS = 5000;

/** Compares what is on the air with what speakers say they play: the alarm against dead air that nobody sees. */
export class HearingWatch {
  #deps: { speakers: Pick<SpeakerDirectory, 'states'>; clock: Clock; events: Events };
  #expectedSinceMs = new Map<string, number>();
  #lastCount = new Map<string, number>();
  #unheard = new Map<string, BroadcastRecord>();

  constructor(deps: { speakers: Pick<SpeakerDirectory, 'states'>; clock: Clock; events: Events }) {
    this.#deps = deps;
  }

  /** Those of its clusters on which it sounds by their own reports. What others say of it counts for nothing. */
  count({ broadcastId, clusterIds }: Pick<BroadcastRecord, 'broadcastId' | 'clusterIds'>): number {
    const sounding = this.#deps.speakers
      .states()
      .filter((state) => state.broadcastId === broadcastId && (state.rung === 'playing' || state.rung === 'heard'));
    if (sounding.length === 0) return 0;
    const meant = new Set(clusterIds);
    return sounding.filter((state) => meant.has(state.clusterId)).length;
  }

  /** From this instant on somebody should hear it. */
  expect(record: BroadcastRecord, sinceMs: number): void {
    this.#expectedSinceMs.set(record.broadcastId, sinceMs);
  }

  forget(broadcastId: string): void {
    this.#expectedSinceMs.delete(broadcastId);
    this.#lastCount.delete(broadcastId);
    if (this.#unheard.delete(broadcastId)) this.#tell();
  }

  /** Looks again. Answers whether another number of clusters hears it than before. */
  look(record: BroadcastRecord): boolean {
    const { broadcastId } = record;
    const count = this.count(record);
    const sinceMs = this.#expectedSinceMs.get(broadcastId);
    const isUnheard =
      count === 0 && !this.#areAllMuted(record) && sinceMs !== undefined && this.#deps.clock.nowMs() - sinceMs >= SILENCE_NOTICED_MS;
    if (isUnheard !== this.#unheard.has(broadcastId)) {
      if (isUnheard) this.#unheard.set(broadcastId, record);
      else this.#unheard.delete(broadcastId);
      this.#tell();
    }
    const changed = count !== (this.#lastCount.get(broadcastId) ?? 0);
    this.#lastCount.set(broadcastId, count);
    return changed;
  }

  /** Silence that a person has set: its preview said so. */
  #areAllMuted({ class: broadcastClass, clusterIds }: BroadcastRecord): boolean {
    if (broadcastClass === 'emergency') return false;
    const open = new Set(clusterIds);
    for (const { clusterId, muted } of this.#deps.speakers.states()) if (muted) open.delete(clusterId);
    return open.size === 0;
  }

  #tell(): void {
    const titles = [...this.#unheard.values()].map((record) => `‘${record.title}’`).join(', ');
    const isRaised = this.#unheard.size > 0;
    this.#deps.events.emit('system.condition', {
      code: 'air.nobody_hears',
      state: isRaised ? 'raised' : 'cleared',
      vi: isRaised
        ? `Đang phát ${titles} nhưng chưa cụm loa nào báo là đang kêu.`
        : 'Các cụm loa đã báo đang kêu, hoặc bản tin đã kết thúc.',
      en: isRaised
        ? `${titles} is on the air, but no cluster reports that it sounds.`
        : 'Clusters report sound again, or the broadcast is over.',
    });
  }
}
