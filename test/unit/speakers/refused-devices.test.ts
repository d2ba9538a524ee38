import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../controller/accounts/audit.ts';
import { TestClock } from '../../../controller/clock.ts';
import { RefusedDevices } from '../../../controller/speakers/refused-devices.ts';

function trail() {
  const entries: AuditEntry[] = [];
  const clock = new TestClock();
  const refused = new RefusedDevices({ record: async (entry) => void entries.push(entry) }, clock);
  return { entries, clock, refused };
}
const DEVICE = { ip: '10.0.0.1', why: 'revoked', speakerId: 'SPK-0001', certificateSha256: 'ab'.repeat(32) };

test('a device that comes back and back is one entry an hour', async () => {
  const { entries, clock, refused } = trail();
  for (let minute = 0; minute < 125; minute += 5) {
    refused.record(DEVICE);
    await clock.advance(300_000);
  }
  expect(entries.map((entry) => entry.detail?.leftOutBefore)).toEqual([0, 11, 11]);
  expect(entries[0]).toMatchObject({ action: 'speaker.refused', target: 'SPK-0001', ip: '10.0.0.1' });
});

test('a flood of strangers is a few entries, and how many it was', async () => {
  const { entries, clock, refused } = trail();
  for (let count = 0; count < 10_000; count++) refused.record({ ...DEVICE, ip: `10.1.${count}`, why: 'untrusted', speakerId: null });
  expect(entries).toHaveLength(30);
  await clock.advance(60_000);
  refused.record(DEVICE);
  expect(entries.at(-1)).toMatchObject({ target: 'SPK-0001', detail: { leftOutBefore: 9970 } });
});
