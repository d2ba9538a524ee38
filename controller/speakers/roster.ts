import { eq } from 'drizzle-orm';
import type { ClusterId, HamletId, SpeakerId } from '../protocol/ids.ts';
import { type Store, schema } from '../store/index.ts';

/** A speaker as the store knows it: identity, place and settings. Live state is the registry's. */
export interface RosterEntry {
  speakerId: SpeakerId;
  clusterId: ClusterId;
  clusterName: string;
  hamletId: HamletId;
  hamletName: string;
  volumeDb: number;
  muted: boolean;
  emergencyVolumeDb: number;
  alignDelayMs: number;
  /** null until it has enrolled. */
  certificateSha256: string | null;
  certificateNotAfterMs: number | null;
  /** Until when its claim code may be used; null where none waits. */
  claimExpiresAtMs: number | null;
  enrolledAtMs: number | null;
  revokedAtMs: number | null;
  model: string | null;
  firmware: string | null;
  lastSeenAtMs: number | null;
  /** It has shown current of its amplifier at least once. */
  showsCurrent: boolean;
}

/** Reads one speaker, or all. */
export async function readRoster(store: Store, speakerId?: SpeakerId): Promise<RosterEntry[]> {
  const { speakers, clusters, hamlets } = schema;
  const rows = await store.retry(async () => {
    const all = store.db
      .select({ speaker: speakers, cluster: clusters, hamlet: hamlets })
      .from(speakers)
      .innerJoin(clusters, eq(clusters.id, speakers.clusterId))
      .innerJoin(hamlets, eq(hamlets.id, clusters.hamletId));
    return speakerId === undefined ? await all : await all.where(eq(speakers.id, speakerId));
  });
  return rows.map(({ speaker, cluster, hamlet }) => ({
    speakerId: speaker.id,
    clusterId: cluster.id,
    clusterName: cluster.name,
    hamletId: hamlet.id,
    hamletName: hamlet.name,
    volumeDb: cluster.volumeDb,
    muted: cluster.muted,
    emergencyVolumeDb: cluster.emergencyVolumeDb,
    alignDelayMs: cluster.alignDelayMs,
    certificateSha256: speaker.certificateSha256,
    certificateNotAfterMs: speaker.certificateNotAfter?.getTime() ?? null,
    claimExpiresAtMs: speaker.claimExpiresAt?.getTime() ?? null,
    enrolledAtMs: speaker.enrolledAt?.getTime() ?? null,
    revokedAtMs: speaker.revokedAt?.getTime() ?? null,
    model: speaker.model,
    firmware: speaker.firmware,
    lastSeenAtMs: speaker.lastSeenAt?.getTime() ?? null,
    showsCurrent: speaker.showsCurrent,
  }));
}
