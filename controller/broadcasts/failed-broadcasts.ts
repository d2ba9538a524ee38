import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { BroadcastRecord } from './record.ts';

/** By then everybody who works that day has seen it; the log keeps it. */
const TOLD_MS = 6 * 3_600_000;
const KEPT_MAX = 100;
const CODE = 'air.broadcast_failed';

type Failed = Pick<BroadcastRecord, 'broadcastId' | 'title' | 'content' | 'targets' | 'clusterIds' | 'requestedBy'>;

/** Tells of each broadcast that did not sound at its time, until the same is on the air at the same places, or it is old news. */
export class FailedBroadcasts {
  #deps: { events: Events; clock: Clock };
  #failed = new Map<string, { record: Failed; untilMs: number }>();

  constructor(deps: { events: Events; clock: Clock }) {
    this.#deps = deps;
  }

  over(record: BroadcastRecord): void {
    // A pass that makes up for missed hearings has a condition of its own: who has still not heard it.
    if ((record.status !== 'failed' && record.status !== 'missed') || record.makesUpFor) return;
    const untilMs = this.#deps.clock.nowMs() + TOLD_MS;
    this.#failed.set(record.broadcastId, { record, untilMs });
    const oldest = this.#failed.keys().next().value;
    if (this.#failed.size > KEPT_MAX && oldest) this.#failed.delete(oldest);
    this.#deps.events.emit('system.condition', {
      code: CODE,
      subject: record.broadcastId,
      state: 'raised',
      untilMs,
      vi: `‘${record.title}’ không phát được: ${record.endReason?.vi ?? ''}`,
      en: `‘${record.title}’ was not aired: ${record.endReason?.en ?? ''}`,
    });
  }

  started(record: BroadcastRecord): void {
    for (const [broadcastId, { record: failed, untilMs }] of this.#failed) {
      if (untilMs > this.#deps.clock.nowMs() && !rights(record, failed)) continue;
      this.#failed.delete(broadcastId);
      if (untilMs <= this.#deps.clock.nowMs()) continue;
      this.#deps.events.emit('system.condition', {
        code: CODE,
        subject: broadcastId,
        state: 'cleared',
        vi: `‘${failed.title}’ có lúc không phát được; nay đang phát.`,
        en: `‘${failed.title}’ was not aired at first; it is on the air.`,
      });
    }
  }
}

/** Pure. Whether what was not heard is heard with this one: the same content, at all of the places. */
function rights(started: Failed, failed: Failed): boolean {
  return contentOf(started) === contentOf(failed) && isEverywhere(started, failed);
}

function contentOf({ content, requestedBy }: Failed): string {
  if (content.kind === 'bulletin') return content.bulletinId;
  return content.kind === 'relay' ? content.url : `microphone of ${requestedBy}`;
}

function isEverywhere(started: Failed, failed: Failed): boolean {
  if ('everything' in started.targets || JSON.stringify(started.targets) === JSON.stringify(failed.targets)) return true;
  const covered = new Set(started.clusterIds);
  // What was never prepared has no clusters yet, only its targets.
  return failed.clusterIds.length > 0 && failed.clusterIds.every((clusterId) => covered.has(clusterId));
}
