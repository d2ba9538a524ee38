import { access } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { JobContext, JobHandler } from '../jobs/index.ts';
import type { Master, Media } from '../media/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BulletinRecords, BulletinRow } from './bulletin-records.ts';
import type { DictionaryRecords } from './dictionary-records.ts';
import { programmeErrors } from './programme-errors.ts';
import type { Uploads } from './uploads.ts';

export interface IngestJobDeps {
  bulletins: BulletinRecords;
  dictionary: DictionaryRecords;
  uploads: Uploads;
  media: Media;
  events: Events;
  clock: Clock;
  logger: Logger;
  /** Last known progress of what is being processed; the handler keeps it up to date. */
  progress: Map<string, number>;
}

/** Turns a bulletin's upload or text into its master. Safe to run twice: what is no longer 'processing' is left alone. */
export function createIngestJob(deps: IngestJobDeps): JobHandler<'ingest-bulletin'> {
  const { bulletins, uploads, media, events, clock, logger, progress } = deps;
  const now = (): Date => new Date(clock.nowMs());

  const makeMaster = async (bulletin: BulletinRow, context: JobContext, keep: (master: Master) => Promise<void>): Promise<Master> => {
    const onProgress = (value: number): void => {
      progress.set(bulletin.id, value);
      context.reportProgress(value);
      events.emit('bulletin.progress', { bulletinId: bulletin.id, progress: value });
    };
    const { signal } = context;
    if (bulletin.origin === 'text') {
      const dictionary = await deps.dictionary.list();
      return media.ingestSpeech(
        { text: bulletin.text ?? '', voice: bulletin.voice ?? undefined, dictionary, signal },
        { onProgress, keep },
      );
    }
    const path = bulletin.uploadPath === null ? undefined : uploads.absolute(bulletin.uploadPath);
    if (path === undefined || !(await exists(path))) throw programmeErrors.uploadLost();
    return media.ingest(path, { originalName: bulletin.originalName ?? undefined, signal, onProgress, keep });
  };

  /** What can't be removed now is swept at the next start. */
  const dropMaster = async (hash: string | null): Promise<void> => {
    if (hash === null) return;
    await media
      .removeMaster(hash, () => bulletins.isMasterNeeded(hash))
      .catch((error: unknown) => logger.warn({ hash, error: errorText(error) }, 'a master that nobody needs could not be removed'));
  };

  const recordFailure = async (bulletin: BulletinRow, failure: AppError): Promise<void> => {
    const { code, words, details, cause } = failure;
    logger.warn(
      { bulletinId: bulletin.id, code, details, cause: cause === undefined ? undefined : errorText(cause) },
      'a bulletin was refused',
    );
    await bulletins.fail(bulletin, { code, ...words }, now());
    await uploads.remove(bulletin.uploadPath);
  };

  return {
    // ffmpeg uses a whole processor; a second one at the same time would only take it from the air.
    concurrency: 1,
    async handle({ bulletinId }, context) {
      const record = await bulletins.find(bulletinId);
      if (record?.bulletin.status !== 'processing') return;
      const { bulletin } = record;
      try {
        let obsoleteHash: string | null = null;
        await makeMaster(bulletin, context, async (master) => {
          ({ obsoleteHash } = await bulletins.complete(bulletin, master, now()));
          await uploads.remove(bulletin.uploadPath);
        });
        await dropMaster(obsoleteHash);
      } catch (error) {
        // Stopped, not failed: it stays 'processing' and is done after the next start.
        if (context.signal.aborted) throw error;
        if (error instanceof AppError && error.status < 500) await recordFailure(bulletin, error);
        else if (context.isLastAttempt) {
          await recordFailure(bulletin, error instanceof AppError ? error : programmeErrors.processingFailed(error));
          throw error;
        } else throw error;
      } finally {
        progress.delete(bulletin.id);
        events.emit('bulletin.changed', { bulletinId: bulletin.id });
      }
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
