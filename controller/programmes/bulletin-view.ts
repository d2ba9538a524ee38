import { type Bulletin, bulletin as bulletinSchema } from '../protocol/programmes.ts';
import type { BulletinRecord } from './bulletin-records.ts';

/** A stored bulletin as the API shows it. */
export function viewBulletin({ bulletin, master: lastMaster }: BulletinRecord, progress: number | null): Bulletin {
  // While a changed text is spoken anew, the sound of the former one is kept and says nothing about it.
  const master = bulletin.status === 'ready' ? lastMaster : null;
  return bulletinSchema.parse({
    bulletinId: bulletin.id,
    title: bulletin.title,
    class: bulletin.class,
    topic: bulletin.topic,
    language: bulletin.language,
    origin: bulletin.origin,
    text: bulletin.text,
    voice: bulletin.voice,
    originalName: bulletin.originalName,
    status: bulletin.status,
    progress: bulletin.status === 'processing' ? progress : null,
    failure: bulletin.failure ?? null,
    warnings: bulletin.warnings ?? [],
    durationMs: master?.durationMs ?? null,
    loudnessLufs: master?.loudnessLufs ?? null,
    truePeakDbtp: master?.truePeakDbtp ?? null,
    createdAtMs: bulletin.createdAt.getTime(),
    updatedAtMs: bulletin.updatedAt.getTime(),
    lastAiredAtMs: bulletin.lastAiredAt?.getTime() ?? null,
  });
}
