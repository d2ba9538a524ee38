import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { PlaySession } from '../../../speaker-firmware-sim/speaker/play-session.ts';
import { ReceiptBook } from '../../../speaker-firmware-sim/speaker/receipts.ts';

const COUNTS = { received: 0, lost: 0, repaired: 0 } as never;
const CHANNEL = { counts: COUNTS, packetsLate: 0 } as never;

it('keeps a receipt for each play of a broadcast; within a play the newer replaces the interim', () => {
  const book = new ReceiptBook(undefined);
  const broadcastId = randomUUID();
  const play = (fromMs: number): PlaySession => {
    const session = new PlaySession('channel', broadcastId, COUNTS, 0);
    session.addPacketSound(60_000, fromMs, fromMs + 60_000, false);
    return session;
  };
  const beforeTheCut = play(1_790_000_000_000.5);
  book.write(beforeTheCut, CHANNEL, false);
  beforeTheCut.addPacketSound(60_000, 1_790_000_060_000.5, 1_790_000_120_000.5, false);
  book.write(beforeTheCut, CHANNEL, false);
  expect(book.pending.map((receipt) => receipt.playedMs)).toEqual([120_000]);
  const after = play(1_790_000_300_000.25);
  book.write(after, CHANNEL, false);
  book.write(after, CHANNEL, true);
  expect(book.pending.map((receipt) => [receipt.playedMs, receipt.final])).toEqual([
    [120_000, false],
    [60_000, true],
  ]);
});
