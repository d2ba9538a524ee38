import { z } from 'zod';
import type { Air } from '../air/index.ts';
import { type AnyRoute, route } from '../http/route.ts';
import { attention } from '../protocol/attention.ts';
import { attentionMsFor } from '../protocol/attention-signals.ts';
import { EVERYONE_SIGNED_IN, type Role } from '../protocol/roles.ts';
import { type EmergencySettingsView, emergencySettings, emergencySettingsView } from '../protocol/settings.ts';
import type { SpeakerDirectory } from '../speakers/index.ts';
import type { Settings } from './settings.ts';

const MAY_CHANGE_SETTINGS: readonly Role[] = ['administrator'];
const TAG = 'settings';
/** A person listens to a few; a script that wants all lengths of all signals has to wait. */
const LISTENINGS_PER_MINUTE = 60;

export interface SettingsRoutesDeps {
  settings: Settings;
  air: Pick<Air, 'attentionAudio'>;
  speakers: Pick<SpeakerDirectory, 'states' | 'wakeUpMs'>;
}

/** The audit line is written by the settings themselves, with what was before. */
export function settingsRoutes({ settings, air, speakers }: SettingsRoutesDeps): AnyRoute[] {
  const view = (): EmergencySettingsView => {
    const emergency = settings.emergency();
    const longestWakeUpMs = Math.max(0, ...speakers.states().map(({ speakerId }) => speakers.wakeUpMs(speakerId)));
    return { ...emergency, longestWakeUpMs, longestAttentionMs: attentionMsFor(emergency.attentionMs, longestWakeUpMs) };
  };
  return [
    route({
      method: 'GET',
      path: '/api/settings/emergency',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'How this commune’s emergencies begin, and what its amplifiers need',
      response: emergencySettingsView,
      handler: view,
    }),
    route({
      method: 'PUT',
      path: '/api/settings/emergency',
      audited: 'by-handler',
      roles: MAY_CHANGE_SETTINGS,
      tag: TAG,
      summary: 'Choose the attention signal of emergencies and its length',
      body: emergencySettings,
      response: emergencySettingsView,
      handler: async ({ body, actor, ip }) => {
        await settings.changeEmergency(body, { ...actor, ip });
        return view();
      },
    }),
    route({
      method: 'GET',
      path: '/api/attention-signals/:signal/audio',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'An attention signal as it would go on air, to listen to (Ogg Opus); nothing sounds on any pole',
      params: attention.pick({ signal: true }),
      query: z.object({ durationMs: z.coerce.number().pipe(attention.shape.durationMs).default(6000) }),
      response: 'raw',
      rateLimitPerMinute: LISTENINGS_PER_MINUTE,
      handler: async ({ params, query, reply }) =>
        reply.header('content-type', 'audio/ogg').send(await air.attentionAudio({ ...params, ...query })),
    }),
  ];
}
