import { HEARD_INTERVALS_MAX, NO_CURRENT_MA } from '../protocol/media.ts';
import type { LevelChunk } from '../protocol/speaker-control.ts';
import { type CaptureInterval, hearingOf } from './hearing.ts';
import { type SentSeconds, silentSeconds } from './levels.ts';
import { heardOfProgramme, type Programme } from './programme.ts';
import { audibleOf, type Silence, without } from './silenced.ts';

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
  /** What the amplifier drew while it was loud; absent: not measured. */
  currentMa?: number | undefined;
  /** How loud it came out, by seconds of capture; absent or empty: the device doesn't measure it. */
  levels?: readonly LevelChunk[] | undefined;
  final: boolean;
}

/** What was sent. */
export interface Sent {
  /** The complete givings of the message; live sound has none, and is judged by how long it sounded. */
  passes: readonly CaptureInterval[];
  /** How much of the programme was sent (its position at the end, or now). */
  airedMs: number;
  /** A bulletin that ended before it was said once: nobody can have heard it whole. */
  isCutShort?: boolean;
  /** How loud it was sent, second by second; absent: not known, and no pole's levels are compared. */
  seconds?: SentSeconds;
  /** What of it was sound; absent: not known, and all that was sent counts. */
  programme?: Programme | undefined;
  /** A station is due all the time, also while it sends nothing; who speaks into a microphone may be silent. */
  isDueThroughout?: boolean;
}

/** Why a pole that took part was not heard, by its own receipts; for a program and for a person. */
export interface Reason {
  code: 'amplifier_failed' | 'no_current' | 'silent_receiver' | 'muted';
  vi: string;
  en: string;
}

/** How much of it one pole heard. */
export interface Heard {
  how: 'whole' | 'part' | 'none';
  /** Of the pass of which it heard most; without passes, of the programme; null: that is not known. */
  bestMs: number | null;
  /** What of its receipts can have been heard. */
  audible: readonly ReceiptFigures[];
  /** What took something from them, the plainest first. */
  reason: Reason | null;
}

/** Fades, the last packet's fraction, a resume that overlaps a little: still whole. */
export const WHOLE_SHARE = 0.98;
export const WHOLE_SLACK_MS = 500;
/** Concealment beyond this share was heard as holes. */
const CONCEALED_SHARE_MAX = 0.02;
/** Less than this is a click, not a part of a bulletin. */
export const PART_MIN_MS = 300;

const REASONS: readonly Reason[] = [
  { code: 'no_current', vi: 'âm ly không có dòng điện', en: 'its amplifier drew no current' },
  { code: 'amplifier_failed', vi: 'âm ly không đưa tiếng ra loa', en: 'its amplifier did not drive the horns' },
  {
    code: 'silent_receiver',
    vi: 'bộ thu báo không ra tiếng dù đã nhận tiếng',
    en: 'by its own levels it gave no sound though sound was sent',
  },
  { code: 'muted', vi: 'bộ thu báo đang tắt tiếng', en: 'it says that it was muted' },
];

/**
 * How much one pole heard. Pure. The one place that decides it: outcomes and make-up both ask here. What its own receipts speak against was not heard: a dead amplifier, one
 * without current, levels far below what was sent; nor was what fell into a time in which its horns were cut off.
 * @param handedIn that pole's receipts
 * @param silences when no sound can have left its horns, by its faults
 */
export function heardOf(sent: Sent, handedIn: readonly ReceiptFigures[], silences: readonly Silence[] = []): Heard {
  const found = handedIn.map((receipt) => audibleIn(receipt, sent.seconds, silences));
  const audible = found.map(({ receipt }) => receipt);
  const codes = new Set(found.flatMap(({ codes }) => codes));
  return { ...amountOf(sent, audible), audible, reason: REASONS.find(({ code }) => codes.has(code)) ?? null };
}

/** What of one receipt can have been heard, and what speaks against the rest. */
function audibleIn(
  receipt: ReceiptFigures,
  seconds: SentSeconds | undefined,
  silences: readonly Silence[],
): { receipt: ReceiptFigures; codes: Reason['code'][] } {
  const codes: Reason['code'][] = [];
  if (receipt.mutedByConfigMs >= PART_MIN_MS) codes.push('muted');
  if (receipt.amplifierOk === false) codes.push('amplifier_failed');
  if (receipt.currentMa !== undefined && receipt.currentMa < NO_CURRENT_MA) {
    return { receipt: { ...receipt, playedMs: 0, heard: [] }, codes: [...codes, 'no_current'] };
  }
  const driven = audibleOf(receipt, silences);
  const silent = seconds ? silentSeconds(seconds, driven.levels ?? []) : [];
  const heard = without(driven.heard, silent);
  const toldMs = lengthOf(driven.heard);
  const heardMs = lengthOf(heard);
  if (heardMs >= toldMs) return { receipt: driven, codes };
  return { receipt: { ...driven, heard, playedMs: (driven.playedMs * heardMs) / toldMs }, codes: [...codes, 'silent_receiver'] };
}

function amountOf(sent: Sent, receipts: readonly ReceiptFigures[]): Pick<Heard, 'how' | 'bestMs'> {
  const { passes, isCutShort, isDueThroughout = false } = sent;
  if (passes.length > 0) {
    const { isWhole, bestMs } = hearingOf(
      passes,
      receipts.flatMap((receipt) => receipt.heard),
    );
    return { how: isWhole ? 'whole' : bestMs < PART_MIN_MS ? 'none' : 'part', bestMs };
  }
  const { dueMs, playedMs } = playedOf(sent, receipts);
  const concealedMs = sum(receipts, (receipt) => receipt.concealedMs);
  const bestMs = sent.programme ? playedMs : null;
  if (playedMs < PART_MIN_MS) return { how: 'none', bestMs };
  const wasAway = isDueThroughout && (sent.programme?.awayMs ?? 0) > 0;
  const isComplete = playedMs >= dueMs * WHOLE_SHARE - WHOLE_SLACK_MS && concealedMs <= dueMs * CONCEALED_SHARE_MAX;
  const isWhole = !isCutShort && !wasAway && isComplete;
  return { how: isWhole ? 'whole' : 'part', bestMs };
}

/**
 * How much one cluster played, and of how much. Silence that keeps the channel is nothing to hear, and words that were said twice, as after a kill of this process, or played
 * on two channels, count once.
 */
function playedOf({ programme, airedMs }: Sent, receipts: readonly ReceiptFigures[]): { dueMs: number; playedMs: number } {
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

const lengthOf = (pieces: readonly CaptureInterval[]): number => pieces.reduce((total, { fromMs, untilMs }) => total + untilMs - fromMs, 0);

export function sum(receipts: readonly ReceiptFigures[], figure: (receipt: ReceiptFigures) => number): number {
  return receipts.reduce((total, receipt) => total + figure(receipt), 0);
}
