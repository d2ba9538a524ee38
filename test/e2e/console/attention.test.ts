import { describe, expect, it } from 'vitest';
import { ATTENTION_WORDS } from '../../../web-console/i18n/attention-words.ts';
import { consoleSuite, problemAnswer } from '../../support/console-suite.ts';
import { fakeSession } from '../../support/fake-api.ts';

const suite = consoleSuite();
const words = ATTENTION_WORDS.vi;

describe('the attention signal in the settings', () => {
  it('is chosen, listened to in this browser alone, and kept when it is saved', async () => {
    const page = await suite.open('/settings');
    const heard: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/attention-signals/')) heard.push(new URL(request.url()).pathname + new URL(request.url()).search);
    });
    await page.getByText(words.wakeUp('1,5', '6')).waitFor();
    await page.getByLabel(words.signals.whoop, { exact: true }).check();
    await page.getByRole('slider', { name: words.length }).fill('8500');
    await page.getByRole('button', { name: `${words.listen}: ${words.signals.whoop}` }).click();
    await page.getByRole('button', { name: `${words.stopListening}: ${words.signals.whoop}` }).waitFor();
    // Another one ends the first: two signals at once are none.
    await page.getByRole('button', { name: `${words.listen}: ${words.signals.sweep}` }).click();
    await page.getByRole('button', { name: `${words.listen}: ${words.signals.whoop}` }).waitFor();
    expect(heard).toContain('/api/attention-signals/whoop/audio?durationMs=8500');
    expect(suite.api.commands).toEqual([]);

    await page.getByRole('button', { name: words.save }).click();
    await page.getByText(words.saved).waitFor();
    expect(suite.api.commands).toMatchObject([
      { method: 'PUT', path: '/api/settings/emergency', body: { attentionSignal: 'whoop', attentionMs: 8500 } },
    ]);
    expect(suite.started()).toEqual([]);
  });

  it('says why it could not be saved, and keeps what was chosen on the page', async () => {
    const page = await suite.open('/settings');
    await page.route('**/api/settings/emergency', (route) =>
      route.request().method() === 'PUT'
        ? route.fulfill(problemAnswer(503, 'store.away', 'Cơ sở dữ liệu không trả lời.'))
        : route.continue(),
    );
    await page.getByLabel(words.signals.pulses, { exact: true }).check();
    await page.getByRole('button', { name: words.save }).click();
    await page.getByText('Cơ sở dữ liệu không trả lời.').waitFor();
    expect(await page.getByLabel(words.signals.pulses, { exact: true }).isChecked()).toBe(true);
  });

  it('can be listened to by everybody, and changed by the administrator alone', async () => {
    suite.api.session = fakeSession('announcer', suite.api.nowMs());
    const page = await suite.open('/settings');
    await page.getByText(words.onlyAdministrator).waitFor();
    expect(await page.getByLabel(words.signals.whoop, { exact: true }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: words.save, exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: `${words.listen}: ${words.signals.two_tone}` }).click();
    await page.getByRole('button', { name: `${words.stopListening}: ${words.signals.two_tone}` }).waitFor();
  });
});
