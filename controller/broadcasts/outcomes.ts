import type { ClusterOutcome } from '../protocol/broadcasts.ts';
import { HEARD_INTERVALS_MAX } from '../protocol/media.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { LevelChunk } from '../protocol/speaker-control.ts';
import { type CaptureInterval, hearingOf } from './hearing.ts';
import { silentSeconds } from './levels.ts';
import { heardOfProgramme, type Programme } from './programme.ts';
import { audibleOf, type Silence, without } from './silenced.ts';
import { durationInWords } from './words.ts';

/** What one speaker said it played of one broadcast on one channel. */
export interface ReceiptFigures {
  clusterId: string;
  firstSoundAtMs: number;
  lastSoundAtMs: number;
  playedMs: number;
  concealedMs: number;
  /** Which parts of the programme came out. */
  heard: readonly CaptureInterval[];
  /** Due, but the pole was muted. */
  mutedByConfigMs: number;
  /** false: the amplifier did not drive the line throughout. */
  amplifierOk?: boolean;
  /** How loud it came out, by seconds of capture; absent or empty: the device doesn't measure it. */
  levels?: readonly LevelChunk[] | undefined;
  final: boolean;
}

interface Judged extends ReceiptFigures {
  /** It says itself that it gave no sound though one was sent. */
  wasSilent?: boolean;
}

/** What was sent, and what the speakers said of it. */
export interface Giving {
  /** The complete givings of the message; live sound has none, and is judged by how long it sounded. */
  passes: readonly CaptureInterval[];
  /** How much of the programme was sent (its position at the end, or now). */
  airedMs: number;
  /** A bulletin that ended before it was said once: nobody can have heard it whole. */
  isCutShort?: boolean;
  /** How loud it was sent, second by second; absent: not known, and no pole's levels are compared. */
  sent?: readonly SentStretch[];
  /** What of it was sound; absent: not known, and all that was sent counts. */
  programme?: Programme | undefined;
  /** A station is due all the time, also while it sends nothing; who speaks into a microphone may be silent. */
  isDueThroughout?: boolean;
  receipts: readonly ReceiptFigures[];
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

const CUT_SHORT = { code: 'cut_short', vi: 'bản tin dừng trước khi đọc hết', en: 'it was stopped before its end' };
const NO_SOURCE = { code: 'source_silent', vi: 'không có tiếng từ nguồn', en: 'no sound came from its source' };
const SILENT_RECEIVER = {
  code: 'silent_receiver',
  vi: 'bộ thu báo không ra tiếng dù đã nhận tiếng',
  en: 'by its own levels it gave no sound though sound was sent',
};
const AMPLIFIER = { code: 'amplifier_failed', vi: 'âm ly không đưa tiếng ra loa', en: 'its amplifier did not drive the horns' };

/** How much of it one cluster heard. Pure. @param receipts that cluster's */
export function heardOf(
  giving: Omit<Giving, 'receipts'>,
  handedIn: readonly ReceiptFigures[],
): { how: 'whole' | 'part' | 'none'; bestMs: number | null } {
  const { passes, isCutShort, isDueThroughout = false } = giving;
  const receipts = handedIn.map((receipt) => audibleOf(receipt, []));
  if (passes.length > 0) {
    const { isWhole, bestMs } = hearingOf(
      passes,
      receipts.flatMap((receipt) => receipt.heard),
    );
    return { how: isWhole ? 'whole' : bestMs < PART_MIN_MS ? 'none' : 'part', bestMs };
  }
  const { dueMs, playedMs } = playedOf(giving, receipts);
  const concealedMs = sum(receipts, (receipt) => receipt.concealedMs);
  const bestMs = giving.programme ? playedMs : null;
  if (playedMs < PART_MIN_MS) return { how: 'none', bestMs };
  const wasAway = isDueThroughout && (giving.programme?.awayMs ?? 0) > 0;
  const isComplete = playedMs >= dueMs * WHOLE_SHARE - WHOLE_SLACK_MS && concealedMs <= dueMs * CONCEALED_SHARE_MAX;
  const isWhole = !isCutShort && !wasAway && isComplete;
  return { how: isWhole ? 'whole' : 'part', bestMs };
}

/**
 * How much one cluster played, and of how much. Silence that keeps the channel is nothing to hear, and words that were said twice, as after a kill of this process, or played
 * on two channels, count once.
 */
function playedOf(
  { programme, airedMs }: Omit<Giving, 'receipts'>,
  receipts: readonly ReceiptFigures[],
): { dueMs: number; playedMs: number } {
  const playedMs = sum(receipts, (receipt) => receipt.playedMs);
  if (!programme) return { dueMs: airedMs, playedMs };
  const dueMs = programme.lengthMs;
  const heardMs = heardOfProgramme(
    programme,
    receipts.flatMap((receipt) => receipt.heard),
  );
  // Where pieces are missing (too many holes for one receipt) the sum of what was played says more than they.
  const isInPieces = receipts.some(({ heard }) => heard.length === 0 || heard.length >= HEARD_INTERVALS_MAX);
  return { dueMs, playedMs: isInPieces ? Math.max(heardMs, Math.min(1, playedMs / Math.max(1, airedMs)) * dueMs) : heardMs };
}

/** Whether all that one cluster did not hear a person had silenced there. */
function wasMuted({ airedMs }: Omit<Giving, 'receipts'>, receipts: readonly ReceiptFigures[]): boolean {
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
  const handedInBy = byCluster(giving);
  const audible = (receipts: ReceiptFigures[], { sent = [] }: Giving) =>
    receipts.map((receipt) => inAccordance(audibleOf(receipt, options.silences?.get(receipt.clusterId) ?? []), sent));
  const makeUps = options.makeUps.map((makeUp) => ({ makeUp, receiptsOf: byCluster(makeUp) }));
  for (const cluster of options.clusters) {
    const handedIn = handedInBy(cluster.clusterId);
    const own = audible(handedIn, giving);
    const { how, bestMs } = heardOf(giving, own);
    const outcome = outcomeOf(own, how === 'whole' ? how : wasMuted(giving, own) ? 'muted' : how);
    const madeUp = outcome === 'whole' ? undefined : madeUpOn(cluster.clusterId);
    yield {
      ...cluster,
      outcome: madeUp ? 'whole' : outcome,
      madeUp: madeUp !== undefined,
      heardMs: bestMs,
      evidence: evidenceOf(madeUp ?? own),
      cause: outcome === 'whole' || madeUp ? null : (options.causes.get(cluster.clusterId) ?? causeIn(handedIn, own, outcome)),
      ...figuresOf(madeUp ?? own),
    };
  }

  /** The receipts of the first make-up pass that was heard whole there. */
  function madeUpOn(clusterId: string): Judged[] | undefined {
    for (const { makeUp, receiptsOf } of makeUps) {
      const own = audible(receiptsOf(clusterId), makeUp);
      if (heardOf(makeUp, own).how === 'whole') return own;
    }
    return undefined;
  }

  function causeIn(
    receipts: readonly ReceiptFigures[],
    own: readonly Judged[],
    outcome: ClusterOutcome['outcome'],
  ): ClusterOutcome['cause'] {
    if (outcome !== 'part' && outcome !== 'none') return null;
    if (receipts.some((receipt) => receipt.amplifierOk === false)) return AMPLIFIER;
    const { programme, isDueThroughout } = giving;
    if (programme?.lengthMs === 0) return NO_SOURCE;
    if (programme && isDueThroughout && programme.awayMs > 0) return awayFor(programme.awayMs);
    if (own.some(({ wasSilent }) => wasSilent)) return SILENT_RECEIVER;
    return giving.isCutShort && outcome === 'part' ? CUT_SHORT : null;
  }

  function outcomeOf(receipts: readonly ReceiptFigures[], how: 'whole' | 'muted' | 'part' | 'none'): ClusterOutcome['outcome'] {
    const isComplete = endedAtMs !== null && receipts.length > 0 && receipts.every((receipt) => receipt.final);
    if (!isComplete && (endedAtMs === null || nowMs - endedAtMs < RECEIPTS_DUE_AFTER_MS)) return 'pending';
    return receipts.length === 0 ? 'unknown' : how;
  }
}

/** Without the seconds in which the pole itself says that it gave no sound though one was sent. */
function inAccordance(receipt: ReceiptFigures, sent: readonly SentStretch[]): Judged {
  const silent = silentSeconds(sent, receipt.levels ?? []);
  if (silent.length === 0) return receipt;
  const heard = without(receipt.heard, silent);
  const share = lengthOf(heard) / Math.max(1, lengthOf(receipt.heard));
  return { ...receipt, heard, playedMs: receipt.playedMs * share, wasSilent: true };
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

function byCluster({ receipts }: Giving): (clusterId: string) => ReceiptFigures[] {
  const all = Map.groupBy(receipts, (receipt) => receipt.clusterId);
  return (clusterId) => all.get(clusterId) ?? [];
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

const lengthOf = (pieces: readonly CaptureInterval[]): number => pieces.reduce((total, { fromMs, untilMs }) => total + untilMs - fromMs, 0);

function sum(receipts: readonly ReceiptFigures[], figure: (receipt: ReceiptFigures) => number): number {
  return receipts.reduce((total, receipt) => total + figure(receipt), 0);
}
