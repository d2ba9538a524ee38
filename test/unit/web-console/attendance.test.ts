import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BACKGROUND_HEADER } from '../../../controller/protocol/accounts.ts';
import { isAttended, watchAttendance } from '../../../web-console/api/attendance.ts';
import { call } from '../../../web-console/api/client.ts';

let nowMs = 1_000_000;
let page: EventTarget;
beforeEach(() => {
  page = new EventTarget();
  watchAttendance(page, { nowMs: () => nowMs, after: () => () => undefined, every: () => () => undefined });
});
afterEach(() => void vi.unstubAllGlobals());

it('a page is attended from its opening and each touch on, and not for ever', () => {
  expect(isAttended()).toBe(true);
  nowMs += 90_000;
  expect(isAttended()).toBe(false);
  page.dispatchEvent(new Event('keydown'));
  expect(isAttended()).toBe(true);
  nowMs += 60_000;
  expect(isAttended(), 'until the next poll of a minute').toBe(true);
  nowMs += 30_000;
  expect(isAttended()).toBe(false);
});

it('what an unattended page reads is marked as no use of the session; a command never is', async () => {
  const marked: boolean[] = [];
  vi.stubGlobal('fetch', (_path: string, { headers }: { headers: Record<string, string> }) => {
    marked.push(BACKGROUND_HEADER in headers);
    return Promise.resolve(Response.json({}));
  });
  await call('GET', '/api/schedules/upcoming');
  nowMs += 90_000;
  await call('GET', '/api/schedules/upcoming');
  await call('POST', '/api/broadcasts', {});
  expect(marked).toEqual([false, true, false]);
});
