import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';
import type { BroadcastRecord } from './record.ts';
import { forgottenMicrophone, SourceSilence } from './source-silence.ts';

/** By then a speaker that sounds has said so. */
const SILENCE_NOTICED_MS = 5000;

interface HearingWatchDeps {
  speakers: Pick<SpeakerDirectory, 'states'>;
  clock: Clock;
  events: Events;
}

/**
 * Compares what is on the air with what speakers say they play: the alarm against dead air that nobody sees. Speakers play the silence that keeps a channel, too: who
 * plays while the source gives nothing hears nothing.
 */
export class HearingWatch {
  #deps: HearingWatchDeps;
  #source: SourceSilence;
  #expectedSinceMs = new Map<string, number>();
  #lastCount = new Map<string, number>();
  /** With whether it is for want of anything to hear. */
  #unheard = new Map<string, { record: BroadcastRecord; isSourceSilent: boolean }>();
  #forgotten = new Map<string, BroadcastRecord>();

  constructor(deps: HearingWatchDeps) {
    this.#deps = deps;
    this.#source = new SourceSilence(deps.clock);
  }

  /** Those of its clusters on which it sounds by their own reports. What others say of it counts for nothing. */
  count(record: Pick<BroadcastRecord, 'broadcastId' | 'clusterIds' | 'content'>): number {
    return this.#source.isSounding(record) ? this.#playing(record) : 0;
  }

  /** Some programme above silence was just on air. */
  programme(broadcastId: string): void {
    this.#source.programme(broadcastId);
  }

  /** From this instant on somebody should hear it. */
  expect(record: BroadcastRecord, sinceMs: number): void {
    this.#expectedSinceMs.set(record.broadcastId, sinceMs);
    this.#source.expect(record.broadcastId);
  }

  forget(broadcastId: string): void {
    this.#expectedSinceMs.delete(broadcastId);
    this.#lastCount.delete(broadcastId);
    this.#source.forget(broadcastId);
    const forgotten = this.#forgotten.get(broadcastId);
    if (forgotten) this.#setForgotten(forgotten, 'lapsed');
    if (this.#unheard.delete(broadcastId)) this.#tell();
  }

  /** Looks again. Answers whether another number of clusters hears it than before. */
  look(record: BroadcastRecord): boolean {
    const { broadcastId } = record;
    const count = this.count(record);
    const before = this.#unheard.get(broadcastId);
    const isUnheard = count === 0 && !this.#areAllMuted(record) && (before !== undefined || this.#mustBeHeard(record));
    const isSourceSilent = !this.#source.isSounding(record);
    if (isUnheard !== (before !== undefined) || (before && before.isSourceSilent !== isSourceSilent)) {
      if (isUnheard) this.#unheard.set(broadcastId, { record, isSourceSilent });
      else this.#unheard.delete(broadcastId);
      this.#tell();
    }
    const isForgotten = this.#source.isForgotten(record);
    if (isForgotten !== this.#forgotten.has(broadcastId)) this.#setForgotten(record, isForgotten ? 'raised' : 'cleared');
    const changed = count !== (this.#lastCount.get(broadcastId) ?? 0);
    this.#lastCount.set(broadcastId, count);
    return changed;
  }

  #playing({ broadcastId, clusterIds }: Pick<BroadcastRecord, 'broadcastId' | 'clusterIds'>): number {
    const sounding = this.#deps.speakers
      .states()
      .filter((state) => state.broadcastId === broadcastId && (state.rung === 'playing' || state.rung === 'heard'));
    if (sounding.length === 0) return 0;
    const meant = new Set(clusterIds);
    return sounding.filter((state) => meant.has(state.clusterId)).length;
  }

  /** Silence of a source that has sounded has its own alarm, and so has a microphone's. */
  #mustBeHeard(record: BroadcastRecord): boolean {
    const sinceMs = this.#expectedSinceMs.get(record.broadcastId);
    if (sinceMs === undefined || this.#deps.clock.nowMs() - sinceMs < SILENCE_NOTICED_MS) return false;
    return this.#source.isSounding(record) || this.#playing(record) === 0 || this.#neverBegan(record);
  }

  #neverBegan({ broadcastId, content }: BroadcastRecord): boolean {
    return content.kind !== 'microphone' && !this.#source.hasBegun(broadcastId);
  }

  /** Silence that a person has set: its preview said so. */
  #areAllMuted({ class: broadcastClass, clusterIds }: BroadcastRecord): boolean {
    if (broadcastClass === 'emergency') return false;
    const open = new Set(clusterIds);
    for (const { clusterId, muted } of this.#deps.speakers.states()) if (muted) open.delete(clusterId);
    return open.size === 0;
  }

  #setForgotten(record: BroadcastRecord, state: 'raised' | 'cleared' | 'lapsed'): void {
    const { broadcastId, title } = record;
    if (state === 'raised') this.#forgotten.set(broadcastId, record);
    else this.#forgotten.delete(broadcastId);
    const words = forgottenMicrophone(title)[state];
    this.#deps.events.emit('system.condition', { code: 'air.microphone_silent', subject: broadcastId, state, ...words });
  }

  #tell(): void {
    const unheard = [...this.#unheard.values()];
    const titles = unheard.map(({ record }) => `‘${record.title}’`).join(', ');
    const isRaised = unheard.length > 0;
    const isSourceSilent = unheard.every((one) => one.isSourceSilent);
    this.#deps.events.emit('system.condition', {
      code: 'air.nobody_hears',
      state: isRaised ? 'raised' : 'cleared',
      ...(isRaised ? (isSourceSilent ? NO_SOURCE : NO_REPORT)(titles) : OVER),
    });
  }
}

const NO_SOURCE = (titles: string) => ({
  vi: `Đang phát ${titles} nhưng nguồn không có tiếng, nên không cụm loa nào kêu.`,
  en: `${titles} is on the air, but its source gives no sound, so no cluster sounds.`,
});
const NO_REPORT = (titles: string) => ({
  vi: `Đang phát ${titles} nhưng chưa cụm loa nào báo là đang kêu.`,
  en: `${titles} is on the air, but no cluster reports that it sounds.`,
});
const OVER = {
  vi: 'Các cụm loa đã báo đang kêu, hoặc bản tin đã kết thúc.',
  en: 'Clusters report sound again, or the broadcast is over.',
};
