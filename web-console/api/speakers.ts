import { useQuery } from '@tanstack/react-query';
import type { ClaimResponse, FaultListItem, SpeakerDetail, SpeakerListItem } from '../../controller/protocol/speakers.ts';
import { useLive } from '../app/console-context.ts';
import { call } from './client.ts';

/** Faults that stand, fetched again when the live feed tells of one. */
export function useOpenFaults() {
  const { faultsVersion } = useLive();
  return useQuery({
    queryKey: ['faults', faultsVersion],
    queryFn: async () => (await call<{ faults: FaultListItem[] }>('GET', '/api/faults?state=open')).faults,
    placeholderData: (before) => before,
  });
}

export const SPEAKERS_KEY = ['speakers'];

export function useSpeakers() {
  return useQuery({
    queryKey: SPEAKERS_KEY,
    queryFn: async () => (await call<{ speakers: SpeakerListItem[] }>('GET', '/api/speakers')).speakers,
    staleTime: 60_000,
  });
}

export function useSpeakerDetail(speakerId: string | undefined) {
  const { faultsVersion } = useLive();
  return useQuery({
    queryKey: ['speaker', speakerId, faultsVersion],
    queryFn: () => call<SpeakerDetail>('GET', `/api/speakers/${encodeURIComponent(speakerId ?? '')}`),
    enabled: speakerId !== undefined,
    refetchInterval: 20_000,
    placeholderData: (before) => before,
  });
}

/** Makes the one-time code with which a device enrols for a cluster. It is shown once. */
export const claimSpeaker = (clusterId: string, serial: string): Promise<ClaimResponse> =>
  call('POST', `/api/clusters/${encodeURIComponent(clusterId)}/speaker`, { serial });

/** Its certificate opens nothing any more: it is silent until another device is claimed for its cluster. */
export const revokeSpeaker = (speakerId: string): Promise<void> => call('POST', `/api/speakers/${encodeURIComponent(speakerId)}/revoke`);
