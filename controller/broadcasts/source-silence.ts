import type { Clock } from '../clock.ts';
import type { Words } from '../errors.ts';
import type { BroadcastRecord } from './record.ts';

/** Nobody who speaks to a commune draws breath for so long. A station that is silent is told of by its relay. */
export const QUIET_ALLOWED_MS = 10_000;
/** Somebody who has opened the microphone may still look for the paper. */
const FORGOTTEN_AFTER_MS = 20_000;

/** What a source gave when: by this alone it is known whether anything can be heard. Instants are of the steady clock. */
export class SourceSilence {
  readonly #clock: Clock;
  readonly #sources = new Map<string, { sinceMs: number; programmeAtMs: number | undefined }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Some programme above silence was just on air. */
  programme(broadcastId: string): void {
    const nowMs = this.#clock.monotonicMs();
    const source = this.#sources.get(broadcastId);
    if (source) source.programmeAtMs = nowMs;
    else this.#sources.set(broadcastId, { sinceMs: nowMs, programmeAtMs: nowMs });
  }

  /** From now on it should give something. */
  expect(broadcastId: string): void {
    if (!this.#sources.has(broadcastId)) this.#sources.set(broadcastId, { sinceMs: this.#clock.monotonicMs(), programmeAtMs: undefined });
  }

  forget(broadcastId: string): void {
    this.#sources.delete(broadcastId);
  }

  hasBegun(broadcastId: string): boolean {
    return this.#sources.get(broadcastId)?.programmeAtMs !== undefined;
  }

  /** Whether there is something to hear: a pause between sentences, or between two givings, is part of it. */
  isSounding({ broadcastId, content }: Pick<BroadcastRecord, 'broadcastId' | 'content'>): boolean {
    const programmeAtMs = this.#sources.get(broadcastId)?.programmeAtMs;
    const allowedMs = QUIET_ALLOWED_MS + (content.kind === 'bulletin' ? content.pauseMs : 0);
    return programmeAtMs !== undefined && this.#clock.monotonicMs() - programmeAtMs <= allowedMs;
  }

  /** A microphone that nobody speaks into: forgotten, muted on the device, or the wrong one. */
  isForgotten({ broadcastId, content }: Pick<BroadcastRecord, 'broadcastId' | 'content'>): boolean {
    const source = this.#sources.get(broadcastId);
    if (content.kind !== 'microphone' || !source) return false;
    return this.#clock.monotonicMs() - (source.programmeAtMs ?? source.sinceMs) >= FORGOTTEN_AFTER_MS;
  }
}

type Told = Record<'raised' | 'cleared' | 'lapsed', Words>;

export const forgottenMicrophone = (title: string): Told => ({
  raised: {
    vi: `Micro không có tiếng: ‘${title}’ đang phát trực tiếp nhưng đã 20 giây không có tiếng nói. Kiểm tra micro, hoặc dừng nếu đã nói xong.`,
    en: `No sound from the microphone: ‘${title}’ is live, but nobody has spoken for 20 seconds. Check the microphone, or stop if it is over.`,
  },
  cleared: { vi: `Micro của ‘${title}’ đã có tiếng lại.`, en: `The microphone of ‘${title}’ gives sound again.` },
  lapsed: {
    vi: `Buổi nói trực tiếp ‘${title}’ kết thúc khi micro không có tiếng.`,
    en: `The live talk ‘${title}’ ended while its microphone gave no sound.`,
  },
});
