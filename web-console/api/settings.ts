import { useQuery } from '@tanstack/react-query';
import type { WarningSignal } from '../../controller/protocol/attention-signals.ts';
import type { EmergencySettings, EmergencySettingsView } from '../../controller/protocol/settings.ts';
import { call } from './client.ts';

export const EMERGENCY_SETTINGS_KEY = ['emergency-settings'];

export const useEmergencySettings = () =>
  useQuery({ queryKey: EMERGENCY_SETTINGS_KEY, queryFn: () => call<EmergencySettingsView>('GET', '/api/settings/emergency') });

export const putEmergencySettings = (chosen: EmergencySettings): Promise<EmergencySettingsView> =>
  call('PUT', '/api/settings/emergency', chosen);

/** The signal exactly as it would go on air, for this browser alone. */
export const attentionUrl = (signal: WarningSignal, durationMs: number): string =>
  `/api/attention-signals/${signal}/audio?durationMs=${durationMs}`;
