import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import type { JobHandler, Jobs } from '../jobs/index.ts';
import { DEFAULT_DICTIONARY, type DictionaryEntry, type Media, type Voice } from '../media/index.ts';
import {
  type Bulletin,
  type BulletinClass,
  type BulletinList,
  type BulletinListQuery,
  bulletinClass,
  type CreateFromText,
  type DictionaryList,
  type TextPreview,
  type UpdateBulletin,
  type UploadFields,
  type Waveform,
} from '../protocol/programmes.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type BulletinChange, type BulletinRecord, type BulletinRow, bulletinRecords, type NewBulletin } from './bulletin-records.ts';
import { viewBulletin } from './bulletin-view.ts';
import { dictionaryRecords, MOST_ENTRIES } from './dictionary-records.ts';
import { createIngestJob } from './ingest-job.ts';
import { createPreparedBulletins } from './prepared-bulletins.ts';
import { programmeErrors } from './programme-errors.ts';
import { type StoredMaster, StoredSound } from './stored-sound.ts';
import { createUploads, type IncomingFile, presentableName } from './uploads.ts';

const INGEST_ATTEMPTS = 3;
const RECOVER_PERIOD_MS = 60_000;

/** Where a bulletin is needed: asked before it is deleted or its text is changed. */
export interface BulletinUse {
  onAir: boolean;
  /** Names of the schedules that will play it. */
  schedules: string[];
}

export interface ProgrammesDeps {
  dataDir: string;
  store: Store;
  jobs: Jobs;
  media: Media;
  events: Events;
  clock: Clock;
  logger: Logger;
  /** Answered by broadcasts and schedules. */
  bulletinUse(bulletinId: string): Promise<BulletinUse>;
  /** Told which masters stand ready for an emergency: absolute paths. */
  onPrepared?(masterPaths: readonly string[]): void;
  /** @throws AppError when the disk has no room for what can wait; never asked for an emergency's text */
  requireRoom?(): void;
  /** What uploads leave free on the disk; tests change it. */
  diskReserveBytes?: number;
}

/** What the air needs to know of a bulletin. */
export interface AirableBulletin {
  title: string;
  class: BulletinClass;
  status: 'draft' | 'processing' | 'ready' | 'failed';
  /** Of the master; null while there is none. */
  durationMs: number | null;
  /** Absolute path of the Ogg Opus master; null while there is none that may be aired. */
  masterPath: string | null;
  /** The file is not what was stored. */
  isDamaged?: true;
}

export interface Programmes {
  /** For jobs.define(). */
  ingestJob: JobHandler<'ingest-bulletin'>;
  /** Folders, leftovers, and what was interrupted is taken up again. After jobs.start(). */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Enqueues again every bulletin that is 'processing' and has no job. @returns how many */
  recover(): Promise<number>;
  /** Stores the sound as it streams in; the bulletin exists and is durable when this resolves, and is processed afterwards. */
  createFromUpload(fields: UploadFields, file: IncomingFile, createdBy: string | null): Promise<Bulletin>;
  /** The same from a file on this machine, which is copied. */
  createFromFile(fields: UploadFields, path: string, createdBy: string | null): Promise<Bulletin>;
  createFromText(request: CreateFromText, createdBy: string | null): Promise<Bulletin>;
  list(query: BulletinListQuery): Promise<BulletinList>;
  get(bulletinId: string): Promise<Bulletin>;
  /** Speaks a draft, or a failed text again. */
  process(bulletinId: string): Promise<Bulletin>;
  /** A changed text is spoken anew. */
  update(bulletinId: string, change: UpdateBulletin): Promise<Bulletin>;
  /** @returns what it was. @throws AppError bulletin.on_air, bulletin.scheduled */
  remove(bulletinId: string): Promise<Bulletin>;
  waveform(bulletinId: string): Promise<Waveform>;
  /** The master's file. @throws AppError bulletin.not_found, bulletin.not_ready */
  sound(bulletinId: string): Promise<{ path: string; hash: string }>;
  /** For the air, checked against its hash. undefined: there is no such bulletin. @param haste `urgent`: an emergency waits for it */
  bulletin(bulletinId: string, haste?: 'usual' | 'urgent'): Promise<AirableBulletin | undefined>;
  /** The same from memory, of what stands ready for an emergency; undefined for every other bulletin. */
  prepared(bulletinId: string): AirableBulletin | undefined;
  /** It begins to sound. */
  noteAired(bulletinId: string, atMs: number): Promise<void>;
  previewText(text: string): Promise<TextPreview>;
  voices(): readonly Voice[];
  dictionary: {
    list(): Promise<DictionaryList>;
    put(entry: DictionaryEntry): Promise<void>;
    remove(written: string): Promise<void>;
  };
}

export function createProgrammes(deps: ProgrammesDeps): Programmes {
  const { store, jobs, media, events, clock, logger } = deps;
  const bulletins = bulletinRecords(store);
  const dictionary = dictionaryRecords(store);
  const uploads = createUploads({ dataDir: deps.dataDir, maxFileBytes: media.limits.maxFileBytes, reserveBytes: deps.diskReserveBytes });
  const progress = new Map<string, number>();
  const ingestJob = createIngestJob({ bulletins, dictionary, uploads, media, events, clock, logger, progress });
  let recoverTimer: Timer | undefined;
  const now = (): Date => new Date(clock.nowMs());
  const view = (record: BulletinRecord): Bulletin => viewBulletin(record, progress.get(record.bulletin.id) ?? 0);

  const storedSound = new StoredSound({ clock, logger, events });
  const airable = ({ bulletin: { title, class: itsClass, status, masterHash }, master }: BulletinRecord): AirableBulletin => {
    const isDamaged = masterHash !== null && storedSound.isDamaged(masterHash);
    const ready = status === 'ready' && masterHash !== null && !isDamaged;
    return {
      title,
      class: bulletinClass.parse(itsClass),
      status,
      durationMs: ready ? (master?.durationMs ?? null) : null,
      masterPath: ready ? media.masterPath(masterHash) : null,
      ...(isDamaged ? { isDamaged } : {}),
    };
  };
  const mastersOf = ({ bulletin: { status, masterHash, title } }: BulletinRecord): StoredMaster[] =>
    status === 'ready' && masterHash !== null ? [{ hash: masterHash, path: media.masterPath(masterHash), title }] : [];

  const prepared = createPreparedBulletins({
    bulletins,
    events,
    clock,
    logger,
    onLoaded(records) {
      deps.onPrepared?.(records.flatMap((record) => airable(record).masterPath ?? []));
      storedSound.standReady(records.flatMap(mastersOf));
    },
  });

  const find = async (bulletinId: string): Promise<BulletinRecord> => {
    const record = await bulletins.find(bulletinId);
    if (!record) throw programmeErrors.notFound();
    return record;
  };

  /** The row is what counts: without Redis the job is enqueued by the next recover(). */
  const enqueue = async (bulletinId: string): Promise<void> => {
    try {
      await jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId, attempts: INGEST_ATTEMPTS });
    } catch (error) {
      logger.warn({ bulletinId, error: errorText(error) }, 'the bulletin waits for the job queue');
    }
  };

  const insert = async (row: Omit<NewBulletin, 'createdAt' | 'updatedAt'>): Promise<Bulletin> => {
    await bulletins.insert({ ...row, createdAt: now(), updatedAt: now() });
    if (row.status === 'processing') await enqueue(row.id);
    events.emit('bulletin.changed', { bulletinId: row.id });
    return view(await find(row.id));
  };

  const requireUnused = async ({ bulletin }: BulletinRecord): Promise<void> => {
    const use = await deps.bulletinUse(bulletin.id);
    if (use.onAir) throw programmeErrors.onAir(bulletin.title);
    if (use.schedules.length > 0) throw programmeErrors.scheduled(bulletin.title, use.schedules);
  };

  const recover = async (): Promise<number> => {
    let count = 0;
    for (const { id } of await bulletins.processing()) {
      if (await jobs.isLive('ingest-bulletin', id)) continue;
      await enqueue(id);
      count++;
    }
    if (count > 0) logger.info({ count }, 'bulletins that were interrupted are processed again');
    return count;
  };

  const createFromUpload: Programmes['createFromUpload'] = async (fields, file, createdBy) => {
    const id = randomUUID();
    const originalName = presentableName(file.name);
    const uploadPath = await uploads.receive(id, file, { isEmergency: fields.class === 'emergency' });
    const title = fields.title ?? originalName?.replace(/\.[^.]{1,5}$/, '') ?? 'Bản tin';
    const { class: itsClass, topic, language, origin } = fields;
    try {
      return await insert({
        id,
        title,
        class: itsClass,
        topic,
        language,
        origin,
        status: 'processing',
        uploadPath,
        originalName,
        createdBy,
      });
    } catch (error) {
      await uploads.remove(uploadPath);
      throw error;
    }
  };

  /** Only from the status that was looked at: two people may change the same bulletin. The former master stays until there is another. */
  const updateSeen = async ({ id, title, status }: BulletinRow, change: BulletinChange): Promise<void> => {
    if (!(await bulletins.update(id, change, now(), status))) throw programmeErrors.busy(title);
  };

  const startProcessing = async (bulletin: BulletinRow, change: BulletinChange): Promise<void> => {
    if (bulletin.class !== 'emergency') deps.requireRoom?.();
    await updateSeen(bulletin, { ...change, status: 'processing', failure: null, warnings: [] });
    await enqueue(bulletin.id);
    events.emit('bulletin.changed', { bulletinId: bulletin.id });
  };

  const sweepMasters = async (): Promise<void> => {
    const needed = await bulletins.neededMasters();
    const unneeded = (await media.masters()).filter((hash) => !needed.has(hash));
    for (const hash of unneeded) await media.removeMaster(hash, () => bulletins.isMasterNeeded(hash));
    if (unneeded.length > 0) logger.info({ count: unneeded.length }, 'masters that no bulletin needs were removed');
  };

  return {
    ingestJob,
    async start() {
      await uploads.start();
      await prepared.start();
      const wanted = new Set((await bulletins.processing()).flatMap(({ uploadPath }) => uploadPath ?? []));
      const swept = await uploads.sweep(wanted);
      if (swept > 0) logger.info({ swept }, 'interrupted uploads were removed');
      await sweepMasters();
      // Without the queue bulletins wait; the loudspeakers do not.
      recover().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'interrupted bulletins could not be looked for'));
      recoverTimer = clock.every('recover bulletins', RECOVER_PERIOD_MS, () => {
        recover().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'interrupted bulletins could not be looked for'));
      });
    },
    close() {
      recoverTimer?.cancel();
      prepared.close();
      return Promise.resolve();
    },
    recover,
    createFromUpload,
    async createFromFile(fields, path, createdBy) {
      const { size: sizeBytes } = await stat(path);
      return createFromUpload(fields, { stream: createReadStream(path), name: path, sizeBytes }, createdBy);
    },
    async createFromText({ text, voice, draft, class: itsClass, title, topic, language }, createdBy) {
      if (!draft && itsClass !== 'emergency') deps.requireRoom?.();
      // What can't be spoken is said now, not minutes later.
      await media.speech.normalise(text, await dictionary.list());
      const row = { title, topic, language, text, class: itsClass, voice: voice ?? null, createdBy, origin: 'text' as const };
      return insert({ ...row, id: randomUUID(), status: draft ? 'draft' : 'processing' });
    },
    async list(query) {
      const { records, nextBefore } = await prepared.list(query);
      return { bulletins: records.map(view), nextBefore };
    },
    get: async (bulletinId) => view(await find(bulletinId)),
    async process(bulletinId) {
      const { bulletin } = await find(bulletinId);
      if (bulletin.origin !== 'text') throw programmeErrors.noText();
      if (bulletin.status === 'draft' || bulletin.status === 'failed') await startProcessing(bulletin, {});
      return view(await find(bulletinId));
    },
    async update(bulletinId, change) {
      const record = await find(bulletinId);
      const { bulletin } = record;
      const speaksAnew = change.text !== undefined || change.voice !== undefined;
      if (!speaksAnew) {
        await bulletins.update(bulletinId, change, now());
        events.emit('bulletin.changed', { bulletinId });
        return view(await find(bulletinId));
      }
      if (bulletin.origin !== 'text') throw programmeErrors.noText();
      if (bulletin.status === 'processing') throw programmeErrors.busy(bulletin.title);
      await requireUnused(record);
      await media.speech.normalise(change.text ?? bulletin.text ?? '', await dictionary.list());
      if (bulletin.status === 'draft') await updateSeen(bulletin, change);
      else await startProcessing(bulletin, change);
      return view(await find(bulletinId));
    },
    async remove(bulletinId) {
      const record = await find(bulletinId);
      await requireUnused(record);
      const { masterHash, uploadPath } = record.bulletin;
      await bulletins.update(bulletinId, { deletedAt: now(), uploadPath: null }, now());
      await uploads.remove(uploadPath);
      if (masterHash !== null) await media.removeMaster(masterHash, () => bulletins.isMasterNeeded(masterHash));
      events.emit('bulletin.changed', { bulletinId });
      return view(record);
    },
    async waveform(bulletinId) {
      const { bulletin, master } = await find(bulletinId);
      const isReady = bulletin.status === 'ready' && bulletin.masterHash !== null;
      const peaks = isReady ? await bulletins.peaks(bulletin.masterHash ?? '') : undefined;
      if (!peaks || !master) throw programmeErrors.notReady(bulletin.title);
      return { durationMs: master.durationMs, peaks: [...new Int8Array(peaks)] };
    },
    async sound(bulletinId) {
      const { bulletin } = await find(bulletinId);
      const hash = bulletin.masterHash;
      if (bulletin.status !== 'ready' || hash === null) throw programmeErrors.notReady(bulletin.title);
      return { hash, path: media.masterPath(hash) };
    },
    async bulletin(bulletinId, haste = 'usual') {
      const record = await bulletins.find(bulletinId);
      // An emergency waits for no check: what stands ready for one was checked ahead.
      if (record && record.bulletin.class !== 'emergency') for (const master of mastersOf(record)) await storedSound.check(master, haste);
      return record && airable(record);
    },
    prepared(bulletinId) {
      const record = prepared.find(bulletinId);
      return record && airable(record);
    },
    async noteAired(bulletinId, atMs) {
      await bulletins.update(bulletinId, { lastAiredAt: new Date(atMs) }, now());
    },
    async previewText(text) {
      const spoken = await media.speech.normalise(text, await dictionary.list());
      const paragraphs = spoken.map((sentences) => sentences.join(' '));
      return { paragraphs, characters: paragraphs.reduce((sum, paragraph) => sum + paragraph.length, 0) };
    },
    voices: media.speech.voices,
    dictionary: {
      list: async () => ({ entries: await dictionary.list(), defaults: [...DEFAULT_DICTIONARY] }),
      async put(entry) {
        if (!(await dictionary.put(entry, now()))) throw programmeErrors.dictionaryFull(MOST_ENTRIES);
      },
      async remove(written) {
        if (!(await dictionary.remove(written))) throw programmeErrors.noEntry(written);
      },
    },
  };
}
