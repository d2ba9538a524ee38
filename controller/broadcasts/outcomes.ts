import type { ClusterOutcome } from '../protocol/broadcasts.ts';
import { type Heard, heardOf, PART_MIN_MS, type ReceiptFigures, type Sent, sum, WHOLE_SHARE, WHOLE_SLACK_MS } from './heard.ts';
import type { Silence } from './silenced.ts';
import { durationInWords } from './words.ts';

/** What was sent, and what the speakers said of it. */
export interface Giving extends Sent {
  receipts: readonly ReceiptFigures[];
}

/** Receipts come right after the end from whoever is connected, and later from whoever was cut off. */
const RECEIPTS_DUE_AFTER_MS = 60_000;

const CUT_SHORT = { code: 'cut_short', vi: 'bản tin dừng trước khi đọc hết', en: 'it was stopped before its end' };
const NO_SOURCE = { code: 'source_silent', vi: 'không có tiếng từ nguồn', en: 'no sound came from its source' };

/** Whether all that one cluster did not hear a person had silenced there. */
function wasMuted({ airedMs }: Sent, receipts: readonly ReceiptFigures[]): boolean {
  const mutedMs = sum(receipts, (receipt) => receipt.mutedByConfigMs);
  const playedMs = sum(receipts, (receipt) => receipt.playedMs);
  return mutedMs >= PART_MIN_MS && playedMs + mutedMs >= airedMs * WHOLE_SHARE - WHOLE_SLACK_MS;
}

/**
 * What became of a broadcast on each of its clusters. Pure. No receipt is "unknown", never "none": the speaker may have played
 * and be cut off; it will say so when it is back.
 *
 * @param options.makeUps its make-up passes: who heard one of them whole has heard the message, and the figures are those of that one
 * @param options.causes why a cluster could not sound
 * @param options.silences when no sound can have left its horns
 * @param options.endedAtMs null while it is on the air
 */
export function outcomesOf(options: OutcomeCase): ClusterOutcome[] {
  return [...outcomesOneByOne(options)];
}

export interface OutcomeCase {
  clusters: readonly { clusterId: string; clusterName: string; hamletId: string }[];
  giving: Giving;
  makeUps: readonly Giving[];
  causes: ReadonlyMap<string, NonNullable<ClusterOutcome['cause']>>;
  silences?: ReadonlyMap<string, readonly Silence[]>;
  endedAtMs: number | null;
  nowMs: number;
}

/** The same, each when it is asked for: thousands of clusters with their receipts are more than a turn's work. */
export function* outcomesOneByOne(options: OutcomeCase): Generator<ClusterOutcome> {
  const { giving, endedAtMs, nowMs } = options;
  const heardAt = (given: Giving) => {
    const receipts = Map.groupBy(given.receipts, (receipt) => receipt.clusterId);
    return (clusterId: string): Heard => heardOf(given, receipts.get(clusterId) ?? [], options.silences?.get(clusterId));
  };
  const heardFirst = heardAt(giving);
  const heardAgain = options.makeUps.map(heardAt);
  for (const cluster of options.clusters) {
    const own = heardFirst(cluster.clusterId);
    const outcome = outcomeOf(own.audible, own.how === 'whole' ? own.how : wasMuted(giving, own.audible) ? 'muted' : own.how);
    const madeUp = outcome === 'whole' ? undefined : madeUpOn(cluster.clusterId);
    const counted = madeUp?.audible ?? own.audible;
    yield {
      ...cluster,
      outcome: madeUp ? 'whole' : outcome,
      madeUp: madeUp !== undefined,
      heardMs: own.bestMs,
      evidence: evidenceOf(counted),
      cause: outcome === 'whole' || madeUp ? null : (options.causes.get(cluster.clusterId) ?? causeIn(own, outcome)),
      ...figuresOf(counted),
    };
  }

  /** The first make-up pass that was heard whole there. */
  function madeUpOn(clusterId: string): Heard | undefined {
    for (const heard of heardAgain) {
      const again = heard(clusterId);
      if (again.how === 'whole') return again;
    }
    return undefined;
  }

  function causeIn({ reason }: Heard, outcome: ClusterOutcome['outcome']): ClusterOutcome['cause'] {
    if (outcome !== 'part' && outcome !== 'none') return null;
    if (reason?.code === 'no_current' || reason?.code === 'amplifier_failed') return reason;
    const { programme, isDueThroughout } = giving;
    if (programme?.lengthMs === 0) return NO_SOURCE;
    if (programme && isDueThroughout && programme.awayMs > 0) return awayFor(programme.awayMs);
    return reason ?? (giving.isCutShort && outcome === 'part' ? CUT_SHORT : null);
  }

  function outcomeOf(receipts: readonly ReceiptFigures[], how: 'whole' | 'muted' | 'part' | 'none'): ClusterOutcome['outcome'] {
    const isComplete = endedAtMs !== null && receipts.length > 0 && receipts.every((receipt) => receipt.final);
    if (!isComplete && (endedAtMs === null || nowMs - endedAtMs < RECEIPTS_DUE_AFTER_MS)) return 'pending';
    return receipts.length === 0 ? 'unknown' : how;
  }
}

/** How much its word is worth: levels that agree with what was sent, or only that it played. */
function evidenceOf(receipts: readonly ReceiptFigures[]): ClusterOutcome['evidence'] {
  const played = receipts.filter(({ playedMs }) => playedMs > 0);
  if (played.length === 0) return null;
  return played.every(({ levels = [] }) => levels.length > 0) ? 'levels' : 'played';
}

function awayFor(awayMs: number): NonNullable<ClusterOutcome['cause']> {
  const long = durationInWords(awayMs);
  return { code: 'source_away', vi: `nguồn không có tiếng ${long.vi}`, en: `its source gave no sound for ${long.en}` };
}

function figuresOf(
  receipts: readonly ReceiptFigures[],
): Pick<ClusterOutcome, 'playedMs' | 'concealedMs' | 'firstSoundAtMs' | 'lastSoundAtMs'> {
  const sounding = receipts.filter((receipt) => receipt.playedMs > 0);
  return {
    playedMs: sum(receipts, (receipt) => receipt.playedMs),
    concealedMs: sum(receipts, (receipt) => receipt.concealedMs),
    firstSoundAtMs: sounding.length > 0 ? Math.min(...sounding.map((receipt) => receipt.firstSoundAtMs)) : null,
    lastSoundAtMs: sounding.length > 0 ? Math.max(...sounding.map((receipt) => receipt.lastSoundAtMs)) : null,
  };
}
