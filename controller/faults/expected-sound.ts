import { type BroadcastClass, rankOf } from '../protocol/broadcast-class.ts';
import type { BroadcastSummary } from '../protocol/broadcasts.ts';
import type { ClusterId } from '../protocol/ids.ts';

/** Louder than this on the air is sound that a horn must show. */
const AUDIBLE_DB = -50;
/** Pauses between words are no end of sound. */
const PAUSE_MS = 3000;
/** Sound takes up to the longest playout delay to reach the horn, and a heartbeat may have been on its way. */
const SETTLED_MS = 15_000;

interface OnAir {
  class: BroadcastClass;
  clusterIds: ReadonlySet<ClusterId>;
  audibleSinceMs: number | null;
  audibleAtMs: number;
}

/** What a speaker says that it plays, since when (steady clock). */
export interface ReportedProgramme {
  broadcastId: string | null;
  reportedAtMs: number;
}

/** Which clusters must be sounding, from the broadcasts on air and the level of what is being sent. Instants are of the steady clock. */
export class ExpectedSound {
  readonly #onAir = new Map<string, OnAir>();

  broadcastChanged(broadcast: Pick<BroadcastSummary, 'broadcastId' | 'class' | 'status' | 'clusterIds' | 'heldOffClusterIds'>): void {
    if (broadcast.status !== 'on_air') {
      this.#onAir.delete(broadcast.broadcastId);
      return;
    }
    const before = this.#onAir.get(broadcast.broadcastId);
    const heldOff = new Set(broadcast.heldOffClusterIds);
    this.#onAir.set(broadcast.broadcastId, {
      class: broadcast.class,
      clusterIds: new Set(broadcast.clusterIds.filter((clusterId) => !heldOff.has(clusterId))),
      audibleSinceMs: before?.audibleSinceMs ?? null,
      audibleAtMs: before?.audibleAtMs ?? 0,
    });
  }

  progress(broadcastId: string, levelDb: number, nowMs: number): void {
    const onAir = this.#onAir.get(broadcastId);
    if (!onAir || levelDb < AUDIBLE_DB) return;
    if (onAir.audibleSinceMs === null || nowMs - onAir.audibleAtMs > PAUSE_MS) onAir.audibleSinceMs = nowMs;
    onAir.audibleAtMs = nowMs;
  }

  /**
   * Whether this cluster must be sounding now; null when that can't be said. The controller's knowledge of what it sends counts first;
   * for a programme that it doesn't know, the speaker's own report has to do. On a muted pole nothing is due but emergencies. Of several broadcasts the highest class has the
   * loudspeaker: while it is silent, so is the pole.
   */
  isDue(clusterId: ClusterId, programme: ReportedProgramme | null, nowMs: number, isMuted = false): boolean | null {
    let winner: OnAir | undefined;
    for (const onAir of this.#onAir.values()) {
      if (!onAir.clusterIds.has(clusterId) || (isMuted && onAir.class !== 'emergency')) continue;
      if (!winner || rankOf(onAir.class) >= rankOf(winner.class)) winner = onAir;
    }
    if (winner) {
      const { audibleSinceMs, audibleAtMs } = winner;
      return audibleSinceMs !== null && nowMs - audibleAtMs <= PAUSE_MS && nowMs - audibleSinceMs >= SETTLED_MS ? true : null;
    }
    if (programme && nowMs - programme.reportedAtMs >= SETTLED_MS) return true;
    return programme ? null : false;
  }
}
