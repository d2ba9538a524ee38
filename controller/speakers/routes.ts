import { desc, eq } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults/index.ts';
import { type AnyRoute, route } from '../http/route.ts';
import { formatClaimCode } from '../protocol/enrolment.ts';
import { EVERYONE_SIGNED_IN, type Role } from '../protocol/roles.ts';
import {
  claimParams,
  claimRequest,
  claimResponse,
  type SpeakerListItem,
  type SpeakerTransition,
  speakerDetail,
  speakerHistoryQuery,
  speakerList,
  speakerParams,
} from '../protocol/speakers.ts';
import { type Store, schema } from '../store/index.ts';
import { liveState, type SpeakerRecord } from './speaker-record.ts';
import type { Speakers } from './speakers.ts';
import type { Transition } from './transition-journal.ts';

/** Who may bring speakers into service and take them out. */
const SERVICE_ROLES: readonly Role[] = ['administrator', 'technician'];

interface SpeakerRouteDeps {
  speakers: Speakers;
  faults: Faults;
  store: Store;
  clock: Clock;
}

export function speakerRoutes({ speakers, faults, store, clock }: SpeakerRouteDeps): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/speakers',
      roles: EVERYONE_SIGNED_IN,
      tag: 'speakers',
      summary: 'All speakers with their live state',
      response: speakerList,
      handler: () => ({ atMs: clock.nowMs(), speakers: [...speakers.records()].map(listItem) }),
    }),
    route({
      method: 'GET',
      path: '/api/speakers/:speakerId',
      roles: EVERYONE_SIGNED_IN,
      tag: 'speakers',
      summary: 'One speaker: live state, last telemetry, history of states and faults',
      params: speakerParams,
      query: speakerHistoryQuery,
      response: speakerDetail,
      async handler({ params: { speakerId }, query: { limit } }) {
        const record = speakers.record(speakerId);
        const { roundTrip, clockQuality } = record;
        return {
          ...listItem(record),
          atMs: clock.nowMs(),
          path:
            roundTrip.samples > 0
              ? {
                  roundTripMs: roundTrip.medianMs,
                  deviationMs: roundTrip.deviationMs,
                  minimumMs: roundTrip.minimumMs,
                  samples: roundTrip.samples,
                }
              : null,
          clockContradictionMs: clockQuality.contradictionMs,
          transitions: await transitionsOf(store, speakerId, limit),
          faults: await faults.history({ speakerId, limit }),
        };
      },
    }),
    route({
      method: 'POST',
      path: '/api/clusters/:clusterId/speaker',
      roles: SERVICE_ROLES,
      tag: 'speakers',
      summary: 'Make a one-time claim code with which the speaker of this serial number enrols for this cluster',
      params: claimParams,
      body: claimRequest,
      response: claimResponse,
      status: 201,
      audit: 'speaker.claim_issued',
      async handler({ params: { clusterId }, body: { serial }, reply }) {
        const code = await speakers.issueClaim(clusterId, serial);
        reply.header('cache-control', 'no-store');
        const expiresAtMs = speakers.record(serial).roster.claimExpiresAtMs ?? clock.nowMs();
        return { speakerId: serial, clusterId, claim: code.claim, claimCode: formatClaimCode(code), expiresAtMs };
      },
    }),
    route({
      method: 'POST',
      path: '/api/speakers/:speakerId/revoke',
      roles: SERVICE_ROLES,
      tag: 'speakers',
      summary: 'Take a speaker out of service: its certificate opens nothing any more',
      params: speakerParams,
      response: speakerDetail.pick({ speakerId: true, standing: true }),
      audit: 'speaker.revoked',
      async handler({ params: { speakerId } }) {
        await speakers.revoke(speakerId);
        return { speakerId, standing: 'revoked' };
      },
    }),
  ];
}

function listItem(record: SpeakerRecord): SpeakerListItem {
  const { roster, hello } = record;
  return {
    speakerId: roster.speakerId,
    clusterId: roster.clusterId,
    clusterName: roster.clusterName,
    hamletId: roster.hamletId,
    hamletName: roster.hamletName,
    standing: roster.revokedAtMs !== null ? 'revoked' : roster.enrolledAtMs !== null ? 'in_service' : 'claimed',
    model: hello?.model ?? roster.model,
    firmware: hello?.firmware ?? roster.firmware,
    enrolledAtMs: roster.enrolledAtMs,
    certificateNotAfterMs: roster.certificateNotAfterMs,
    claimExpiresAtMs: roster.claimExpiresAtMs,
    volumeDb: roster.volumeDb,
    muted: roster.muted,
    emergencyVolumeDb: roster.emergencyVolumeDb,
    alignDelayMs: roster.alignDelayMs,
    live: liveState(record),
  };
}

async function transitionsOf(store: Store, speakerId: string, limit: number): Promise<SpeakerTransition[]> {
  const { speakerTransitions } = schema;
  const rows = await store.db
    .select()
    .from(speakerTransitions)
    .where(eq(speakerTransitions.speakerId, speakerId))
    .orderBy(desc(speakerTransitions.at), desc(speakerTransitions.id))
    .limit(limit);
  return rows.map((row) => ({
    atMs: row.at.getTime(),
    fromRung: row.fromRung as Transition['fromRung'],
    toRung: row.toRung as Transition['toRung'],
    detail: row.detail as Record<string, unknown>,
  }));
}
