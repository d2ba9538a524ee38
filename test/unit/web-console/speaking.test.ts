import { describe, expect, it } from 'vitest';
import { CHIME_MS } from '../../../controller/protocol/media.ts';
import {
  canExtend,
  extended,
  FIRST_LIMIT_MS,
  isOpeningOver,
  remainingMs,
  SERVER_LIMIT_MS,
} from '../../../web-console/pages/speak/speaking.ts';

const NOW = 1_800_000_000_000;

describe('the chime before a live speech', () => {
  it('is over when the programme has sounded for longer, counted on from the last report', () => {
    expect(isOpeningOver({ positionMs: CHIME_MS, atMs: NOW }, NOW, CHIME_MS)).toBe(true);
    expect(isOpeningOver({ positionMs: 500, atMs: NOW }, NOW + CHIME_MS - 501, CHIME_MS)).toBe(false);
    expect(isOpeningOver({ positionMs: 500, atMs: NOW }, NOW + CHIME_MS - 500, CHIME_MS)).toBe(true);
  });

  it('is not over without a report that it sounds, however long one waits', () => {
    expect(isOpeningOver(undefined, NOW + 60_000, CHIME_MS)).toBe(false);
    expect(isOpeningOver({ positionMs: 0, atMs: NOW }, NOW + 60_000, CHIME_MS)).toBe(false);
  });

  it('does not end sooner on a page whose clock lags', () => {
    expect(isOpeningOver({ positionMs: 1000, atMs: NOW }, NOW - 60_000, CHIME_MS)).toBe(false);
  });
});

describe('the time to speak', () => {
  it('runs out, grows by five minutes a press, and never beyond what the server was told', () => {
    let time = { startedAtMs: NOW, limitMs: FIRST_LIMIT_MS };
    expect(remainingMs(time, NOW + FIRST_LIMIT_MS + 1)).toBe(0);
    while (canExtend(time)) time = extended(time);
    expect(time.limitMs).toBe(SERVER_LIMIT_MS);
  });
});
