import { mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import { mediaErrors } from '../media/index.ts';
import { peoplesFiles, syncFolder } from '../store/index.ts';
import { programmeErrors } from './programme-errors.ts';

const FOLDER = 'uploads';
/** What an upload leaves free: the database, the legal copies and the masters must never meet a full disk. */
const RESERVE_BYTES = 1_000_000_000;
/** Of an emergency's bulletin: what emergencies' copies and the database need to go on. */
const EMERGENCY_RESERVE_BYTES = 64 * 1024 * 1024;
/** How often the room is looked at while a file of undeclared size comes in. */
const LOOK_EVERY_BYTES = 32 * 1024 * 1024;
const FILE = /^[0-9a-f-]{36}\.upload$/;

export interface IncomingFile {
  stream: Readable;
  name: string | undefined;
  /** As declared, a little more than the file itself; 0: nobody said. */
  sizeBytes: number;
}

/** Uploaded files between their arrival and their ingest, named by the bulletin's id and by nothing a stranger sent. */
export interface Uploads {
  start(): Promise<void>;
  /**
   * Streams to the disk; when this resolves a power cut loses nothing.
   * @returns path below the data directory
   * @throws AppError media.too_big, media.empty, media.disk_full, bulletin.no_room, bulletin.upload_broken; nothing stays behind
   */
  receive(bulletinId: string, file: Pick<IncomingFile, 'stream' | 'sizeBytes'>, kind?: { isEmergency: boolean }): Promise<string>;
  absolute(uploadPath: string): string;
  remove(uploadPath: string | null): Promise<void>;
  /** Removes files that no bulletin waits for. @returns how many */
  sweep(wanted: ReadonlySet<string>): Promise<number>;
}

export function createUploads(options: { dataDir: string; maxFileBytes: number; reserveBytes?: number | undefined }): Uploads {
  const { maxFileBytes, reserveBytes = RESERVE_BYTES } = options;
  const folder = join(options.dataDir, FOLDER);

  const requireRoom = async (sizeBytes: number, isEmergency: boolean): Promise<void> => {
    const { bavail, bsize } = await peoplesFiles.run(() => statfs(folder));
    if (bavail * bsize < sizeBytes + (isEmergency ? Math.min(reserveBytes, EMERGENCY_RESERVE_BYTES) : reserveBytes))
      throw programmeErrors.noRoom(bavail * bsize);
  };

  const absolute = (uploadPath: string): string => {
    const name = basename(uploadPath);
    if (!FILE.test(name)) throw new RangeError(`not an upload: ${uploadPath}`);
    return join(folder, name);
  };

  return {
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    },
    async receive(bulletinId, { stream, sizeBytes: declaredBytes }, { isEmergency } = { isEmergency: false }) {
      const uploadPath = `${FOLDER}/${bulletinId}.upload`;
      const path = absolute(uploadPath);
      peoplesFiles.requireAnswer();
      try {
        await requireRoom(Math.min(declaredBytes, maxFileBytes), isEmergency);
        const sizeBytes = await writeStream(path, stream, maxFileBytes, () => requireRoom(0, isEmergency));
        if (sizeBytes === 0) throw mediaErrors.empty();
        await peoplesFiles.run(() => syncFolder(folder));
        return uploadPath;
      } catch (error) {
        stream.resume();
        await peoplesFiles.run(() => rm(path, { force: true }));
        throw explain(error);
      }
    },
    absolute,
    async remove(uploadPath) {
      if (uploadPath !== null) await rm(absolute(uploadPath), { force: true });
    },
    async sweep(wanted) {
      const unwanted = (await readdir(folder)).filter((name) => !wanted.has(`${FOLDER}/${name}`));
      for (const name of unwanted) await rm(join(folder, name), { recursive: true, force: true });
      return unwanted.length;
    },
  };
}

async function writeStream(path: string, stream: Readable, maxFileBytes: number, requireRoom: () => Promise<void>): Promise<number> {
  const handle = await peoplesFiles.run(() => open(path, 'wx', 0o600));
  try {
    let sizeBytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (Math.floor((sizeBytes + chunk.length) / LOOK_EVERY_BYTES) > Math.floor(sizeBytes / LOOK_EVERY_BYTES)) await requireRoom();
      sizeBytes += chunk.length;
      if (sizeBytes > maxFileBytes) throw mediaErrors.tooBig(maxFileBytes);
      await peoplesFiles.run(() => handle.writeFile(chunk));
    }
    // The multipart parser ends the stream at its own limit without an error.
    if ((stream as { truncated?: boolean }).truncated) throw mediaErrors.tooBig(maxFileBytes);
    await peoplesFiles.run(() => handle.sync());
    return sizeBytes;
  } finally {
    await peoplesFiles.run(() => handle.close());
  }
}

function explain(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return mediaErrors.diskFull(error);
  if (code === 'FST_REQ_FILE_TOO_LARGE') return mediaErrors.tooBig(0);
  return programmeErrors.uploadBroken(error);
}

/** A stranger's file name made fit to be shown: no folders, no control or direction characters, bounded. */
export function presentableName(name: string | undefined): string | null {
  const clean = (name ?? '')
    .normalize('NFC')
    .replace(/^.*[\\/]/, '')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, 200);
  return clean === '' ? null : clean;
}
