import { describe, expect, it } from 'vitest';
import { LOUDNESS_WORDS } from '../../../web-console/i18n/loudness-words.ts';
import { vi } from '../../../web-console/i18n/vi.ts';
import { consoleSuite, problemAnswer } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();
const words = LOUDNESS_WORDS.vi;
const PATH = '/api/clusters/ap-01-c1';

describe('the volume of a pole', () => {
  it('says what muting means before it is saved, and shows the pole as muted afterwards, which is no fault', async () => {
    const page = await suite.open('/speakers/ap-01-c1');
    await page.getByLabel(words.mute).check();
    await page.getByText('Cụm loa này sẽ im lặng với mọi bản tin, trừ khẩn cấp.').waitFor();
    expect(suite.api.commands).toEqual([]);
    await page.getByRole('button', { name: words.save }).click();
    await page.getByText(words.saved).waitFor();
    expect(suite.api.commands).toMatchObject([{ method: 'PATCH', path: PATH, body: { muted: true } }]);
    await page.getByText('Đang tắt tiếng: chỉ phát tin khẩn cấp.').waitFor();
    await page.getByText('Đang tắt tiếng', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Loa', exact: true }).first().click();
    await page.getByText('57/59 cụm loa bình thường · 1 cụm đang tắt tiếng').waitFor();
  });

  it('sends what was changed and nothing else; an emergency keeps a volume that is heard', async () => {
    const page = await suite.open('/speakers/ap-01-c1');
    await page.getByRole('slider', { name: words.volume }).fill('-60');
    const emergency = page.getByRole('slider', { name: words.emergency });
    await emergency.fill('-3');
    expect(await emergency.getAttribute('min')).toBe('-20');
    await page.getByText('71% (-3 dB)').waitFor();
    await page.getByRole('button', { name: words.save }).click();
    await page.getByText(words.saved).waitFor();
    expect(suite.api.commands.map(({ body }) => body)).toEqual([{ volumeDb: -60, emergencyVolumeDb: -3 }]);
  });

  it('says why it could not be saved, and keeps what was chosen', async () => {
    const page = await suite.open('/speakers/ap-01-c1');
    await page.route(`**${PATH}`, (route) => route.fulfill(problemAnswer(503, 'store.away', 'Cơ sở dữ liệu không trả lời.')));
    await page.getByLabel(words.mute).check();
    await page.getByRole('button', { name: words.save }).click();
    await page.getByText('Cơ sở dữ liệu không trả lời.').waitFor();
    expect(await page.getByLabel(words.mute).isChecked()).toBe(true);
  });

  it('is for who repairs; everybody sees that a pole is muted', async () => {
    suite.api.session = fakeSession('announcer', suite.api.nowMs());
    Object.assign(suite.api.commune.speakers.get('ap-01-c1') ?? {}, { muted: true });
    const page = await suite.open('/speakers/ap-01-c1');
    await page.getByText('Đang tắt tiếng: chỉ phát tin khẩn cấp.').waitFor();
    await page.getByText('Đang tắt tiếng', { exact: true }).waitFor();
    expect(await page.getByLabel(words.mute).count()).toBe(0);
  });

  it('is not missed in the count of what sounds, but named; with an emergency it is', async () => {
    Object.assign(suite.api.commune.speakers.get('ap-01-c1') ?? {}, { muted: true });
    const bulletin = suite.putOnAir({ title: 'Tin trưa', hearingClusters: 58 });
    const page = await suite.open('/library');
    await page.getByText('58/58 cụm loa có tiếng · 1 cụm đang tắt tiếng ·').waitFor();
    await page.getByRole('link', { name: vi.nav.onAir, exact: true }).click();
    await page.getByText('58/58', { exact: true }).waitFor();
    await page.getByText('1 cụm đang tắt tiếng', { exact: true }).waitFor();
    suite.api.setBroadcast({ ...bulletin, status: 'preempted', hearingClusters: 0 });
    suite.putOnAir({ class: 'emergency', title: 'Lũ về', hearingClusters: 58 });
    await page.getByRole('link', { name: vi.nav.emergency, exact: true }).click();
    await page.getByText(/58\/59 cụm loa có tiếng$/).waitFor();
  });
});

it('a slow path is named with its figure, and the pole stays ready', async () => {
  Object.assign(suite.api.commune.speakers.get('ap-02-c1') ?? {}, { faults: ['slow_path'] });
  const fault = suite.api.commune.faults[0];
  if (!fault) throw new Error('the fake commune has no fault');
  suite.api.commune.faults.push({
    ...fault,
    ...{ faultId: crypto.randomUUID(), clusterId: 'ap-02-c1', code: 'slow_path', severity: 'info', evidence: { behindNeighboursMs: 480 } },
  });
  const page = await suite.open('/speakers');
  await page.getByText(/Đường truyền chậm hơn các cụm bên cạnh 480 ms, phát trễ riêng\./).waitFor();
  await page.getByText('57/59 cụm loa bình thường').waitFor();
  await page.getByRole('link', { name: 'Ấp 2 · Cụm 1, ấp 2' }).click();
  await page.getByText(/Đường truyền chậm hơn các cụm bên cạnh 480 ms, phát trễ riêng\./).waitFor();
});
