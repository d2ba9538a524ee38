import type { ReceiptFigures } from './heard.ts';
import type { CaptureInterval } from './hearing.ts';

/** A time in which no sound can have left the horns of a pole, whatever its receiver played; epoch ms. */
export interface Silence {
  fromMs: number;
  untilMs: number;
}

/**
 * What of a receipt can have been heard: a receiver plays on into an amplifier that is dead or a line that is open. Pure. Who says that the amplifier did not drive the line,
 * and nothing shows since when, has proven no sound at all.
 */
export function audibleOf(receipt: ReceiptFigures, silences: readonly Silence[]): ReceiptFigures {
  const { firstSoundAtMs, lastSoundAtMs, playedMs, heard } = receipt;
  const spanMs = lastSoundAtMs - firstSoundAtMs;
  const own = silences.filter(({ fromMs, untilMs }) => fromMs < lastSoundAtMs && untilMs > firstSoundAtMs);
  if (own.length === 0) return receipt.amplifierOk === false ? { ...receipt, amplifierOk: true, playedMs: 0, heard: [] } : receipt;
  const silentMs =
    lengthOf([{ fromMs: firstSoundAtMs, untilMs: lastSoundAtMs }]) -
    lengthOf(without([{ fromMs: firstSoundAtMs, untilMs: lastSoundAtMs }], own));
  const share = spanMs > 0 ? Math.min(1, silentMs / spanMs) : 1;
  // Pieces are told by when they were captured; they sounded later by what lies between the first of them and the first sound.
  const delayMs = heard[0] ? firstSoundAtMs - heard[0].fromMs : 0;
  const captured = own.map(({ fromMs, untilMs }) => ({ fromMs: fromMs - delayMs, untilMs: untilMs - delayMs }));
  return { ...receipt, amplifierOk: true, playedMs: playedMs * (1 - share), heard: without(heard, captured) };
}

/** What of the pieces lies in none of the silences. */
export function without(pieces: readonly CaptureInterval[], silences: readonly Silence[]): CaptureInterval[] {
  if (silences.length === 0) return [...pieces];
  const inOrder = silences.toSorted((one, other) => one.fromMs - other.fromMs);
  return pieces.flatMap(({ fromMs, untilMs }) => {
    const left: CaptureInterval[] = [];
    let leftFromMs = fromMs;
    for (const silence of inOrder) {
      if (silence.fromMs >= untilMs) break;
      if (silence.fromMs > leftFromMs) left.push({ fromMs: leftFromMs, untilMs: silence.fromMs });
      leftFromMs = Math.max(leftFromMs, silence.untilMs);
    }
    if (leftFromMs < untilMs) left.push({ fromMs: leftFromMs, untilMs });
    return left;
  });
}

const lengthOf = (pieces: readonly CaptureInterval[]): number => pieces.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
