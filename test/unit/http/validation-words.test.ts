import { describe, expect, it } from 'vitest';
import { invalidRequest } from '../../../controller/http/validation.ts';
import { updateBulletin } from '../../../controller/protocol/programmes.ts';
import { scheduleRequest } from '../../../controller/protocol/schedules.ts';

const SCHEDULE = { id: 'ban-tin-sang', name: 'Bản tin sáng', content: { kind: 'bulletin', bulletinId: crypto.randomUUID() } };

describe('what is wrong with a request', () => {
  it.each([
    ['nothing to change', updateBulletin, {}],
    ['no such time zone', scheduleRequest, { ...SCHEDULE, timeZone: 'Asia/Nowhere', dailyTimes: ['06:00'] }],
    ['exactly one of', scheduleRequest, { ...SCHEDULE, timeZone: 'Asia/Ho_Chi_Minh' }],
  ])('is said to the Vietnamese reader in Vietnamese: %s', (english, schema, value) => {
    const result = schema.safeParse(value);
    const { words } = invalidRequest(result.error?.issues ?? [], 'body');
    expect(words.en).toContain(english);
    expect(words.vi).not.toContain(english);
  });
});
