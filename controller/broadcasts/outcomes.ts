import type { ClusterOutcome } from '../protocol/broadcasts.ts';

/** What one speaker said it played of one broadcast on one channel. */
export interface ReceiptFigures {
  clusterId: string;
  firstSoundAtMs: number;
  lastSoundAtMs: number;
  playedMs: number;
  concealedMs: number;
  final: boolean;
}

/** Fades, the last packet's fraction, a resume that overlaps a little: still whole. */
const WHOLE_SHARE = 0.98;
const WHOLE_SLACK_MS = 500;
/** Concealment beyond this share was heard as holes. */
const CONCEALED_SHARE_MAX = 0.02;
/** Less than this is a click, not a part of a bulletin. */
const PART_MIN_MS = 300;
/** Receipts come right after the end from whoever is connected, and later from whoever was cut off. */
const RECEIPTS_DUE_AFTER_MS = 60_000;

/**
 * What became of a broadcast on each of its clusters. Pure. No receipt is "unknown", never "none": the speaker may have played
 * and be cut off; it will say so when it is back.
 *
 * @param airedMs how much of the programme was sent (its position at the end, or now)
 * @param endedAtMs null while it is on the air
 */
export function outcomesOf(options: {
  clusters: readonly { clusterId: string; clusterName: string; hamletId: string }[];
  receipts: readonly ReceiptFigures[];
  airedMs: number;
  endedAtMs: number | null;
  nowMs: number;
}): ClusterOutcome[] {
  const { airedMs, endedAtMs, nowMs } = options;
  const byCluster = Map.groupBy(options.receipts, (receipt) => receipt.clusterId);
  return options.clusters.map((cluster) => {
    const receipts = byCluster.get(cluster.clusterId) ?? [];
    const playedMs = sum(receipts, (receipt) => receipt.playedMs);
    const concealedMs = sum(receipts, (receipt) => receipt.concealedMs);
    const sounding = receipts.filter((receipt) => receipt.playedMs > 0);
    return {
      ...cluster,
      outcome: outcomeOf(),
      playedMs,
      concealedMs,
      firstSoundAtMs: sounding.length > 0 ? Math.min(...sounding.map((receipt) => receipt.firstSoundAtMs)) : null,
      lastSoundAtMs: sounding.length > 0 ? Math.max(...sounding.map((receipt) => receipt.lastSoundAtMs)) : null,
    };

    function outcomeOf(): ClusterOutcome['outcome'] {
      const isComplete = endedAtMs !== null && receipts.length > 0 && receipts.every((receipt) => receipt.final);
      if (!isComplete && (endedAtMs === null || nowMs - endedAtMs < RECEIPTS_DUE_AFTER_MS)) return 'pending';
      if (receipts.length === 0) return 'unknown';
      if (playedMs < PART_MIN_MS) return 'none';
      const isWhole = playedMs >= airedMs * WHOLE_SHARE - WHOLE_SLACK_MS && concealedMs <= airedMs * CONCEALED_SHARE_MAX;
      return isWhole ? 'whole' : 'part';
    }
  });
}

function sum(receipts: readonly ReceiptFigures[], figure: (receipt: ReceiptFigures) => number): number {
  return receipts.reduce((total, receipt) => total + figure(receipt), 0);
}
