import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import { createOggOpusWriter, type OggOpusWriter, readOggOpus, withRoom } from '../media/index.ts';
import { makeFolderDurably, syncFolder } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { SILENCE_FRAME_MS, silencePacket } from './opus-silence.ts';
import { findOrphans, folderOf } from './orphaned-copies.ts';

/** Takes down what is sent, as it is sent. Never fails: what goes wrong with the copy is told as a condition, the air goes on. */
export interface AiredCopyWriter {
  write(payload: Buffer): void;
  /** Time in which nothing was sent; kept as silence, so that the copy is as long as the broadcast. */
  gap(durationMs: number): void;
  /** Resolves when file and row are complete. */
  close(endsAtMs: number): Promise<void>;
}

export interface AiredCopies {
  start(): Promise<void>;
  /** @param kind of an emergency the copy is always kept, of others only while the disk is not nearly full */
  begin(broadcastId: string, startsAtMs: number, kind?: { isEmergency: boolean }): AiredCopyWriter;
  close(): Promise<void>;
}

export interface AiredCopyRow {
  id: string;
  broadcastId: string;
  /** Below the data directory. */
  path: string;
  startsAtMs: number;
}

export interface AiredCopyStore {
  /** Never rejects: what the store does not take now comes to it later. */
  begun(row: AiredCopyRow): Promise<void>;
  /** The same. Stores the whole row again: it may be missing when the database was away at the beginning. */
  ended(row: AiredCopyRow, facts: { endsAtMs: number; sizeBytes: number; sha256: string }): Promise<void>;
  /** Rows without an end: the process died while they were written. */
  unfinished(): Promise<AiredCopyRow[]>;
  /** Which of these paths have a row. */
  known(paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** Writes what waits, if the store answers soon. */
  close(): Promise<void>;
}

export interface AiredCopiesDeps {
  dataDir: string;
  store: AiredCopyStore;
  clock: Clock;
  logger: Logger;
  onCondition(condition: AppEvents['system.condition']): void;
  /** Told to people by whoever knows it. */
  isDiskLow?(): boolean;
  /** Room for the copies of emergencies on a disk that is full. */
  reserve?: { giveUp(): Promise<boolean> };
}

/** Of a broadcast whose copy has to wait for room: there is none. */
const NO_COPY: AiredCopyWriter = { write: () => undefined, gap: () => undefined, close: async () => undefined };
const SYNC_PERIOD_MS = 2000;
/** A disk that takes longer than this is said to take nothing. */
const SLOW_MS = 6000;
/** What waits for a disk that hangs: about an hour of speech. Then the copy is given up. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
const HEAD = { channels: 1, preSkipSamples: 0, inputSampleRateHz: 48_000, outputGainDb: 0 };
const LONGEST_GAP_MS = 60_000;
const CONDITION = 'air.copy_failed';
const FAILING = {
  vi: 'Không ghi được bản lưu của chương trình đang phát (kiểm tra ổ đĩa). Chương trình vẫn phát bình thường.',
  en: 'The copy of what is on air cannot be written (check the disk). The broadcast itself goes on.',
};
const WORKS_AGAIN = {
  vi: 'Có lúc không ghi được bản lưu của chương trình đang phát; nay đã ghi được.',
  en: 'For a while the copy of what is on air could not be written; it can again.',
};

/** The legal copies: one Ogg Opus file for each run, `aired/yyyy/mm/dd/<broadcast>-<n>.opus` (UTC), complete up to 2 s before a crash. */
export function createAiredCopies(deps: AiredCopiesDeps): AiredCopies {
  const open = new Set<AiredCopyWriter>();
  let failing = false;
  const failed = (error: unknown, broadcastId: string): void => {
    deps.logger.error({ broadcastId, error: errorText(error) }, 'aired copy cannot be written');
    if (!failing) deps.onCondition({ code: CONDITION, state: 'raised', ...FAILING });
    failing = true;
  };
  const succeeded = (): void => {
    if (failing) deps.onCondition({ code: CONDITION, state: 'cleared', ...WORKS_AGAIN });
    failing = false;
  };

  let creating: Promise<unknown> = Promise.resolve();
  /** One after the other: on a disk that hangs, all copies to come hold one thread. */
  const create = (row: AiredCopyRow, isEmergency: boolean): Promise<OggOpusWriter> => {
    const attempt = (): Promise<OggOpusWriter> => createFile(row, isEmergency);
    const created = creating.then(() => (isEmergency ? withRoom(attempt, makeRoom) : attempt()));
    creating = created.catch(() => undefined);
    return created;
  };
  const makeRoom = async (): Promise<boolean> => {
    const isMade = (await deps.reserve?.giveUp()) ?? false;
    if (isMade) deps.logger.error('the disk is full: some of the reserve is given up for the copy of an emergency');
    return isMade;
  };
  const createFile = async (row: AiredCopyRow, isEmergency: boolean): Promise<OggOpusWriter> => {
    const folder = join(deps.dataDir, folderOf(row.startsAtMs));
    await makeFolderDurably(folder, 0o750);
    const comments = [`BROADCAST=${row.broadcastId}`, `DATE=${new Date(row.startsAtMs).toISOString()}`];
    for (let n = 1; ; n++) {
      row.path = join(folderOf(row.startsAtMs), `${row.broadcastId}-${n}.opus`);
      try {
        const writer = await createOggOpusWriter(join(deps.dataDir, row.path), {
          ...{ serial: n, head: HEAD, comments },
          ...(isEmergency ? { makeRoom } : {}),
        });
        // After a power cut the file has to be found under its name.
        await syncFolder(folder);
        void deps.store.begun(row);
        return writer;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  };

  return {
    async start() {
      const { dataDir, store, clock } = deps;
      const known = (paths: readonly string[]): Promise<ReadonlySet<string>> => store.known(paths);
      const orphans = await findOrphans({ dataDir, nowMs: clock.nowMs(), known }).catch((error: unknown) => {
        deps.logger.warn({ error: errorText(error) }, 'it is not known which aired copies have no row');
        return [];
      });
      for (const row of [...(await store.unfinished()), ...orphans]) {
        await recover(deps, row).catch((error) =>
          deps.logger.warn({ path: row.path, error: errorText(error) }, 'aired copy cannot be recovered'),
        );
      }
    },
    begin(broadcastId, startsAtMs, { isEmergency } = { isEmergency: false }) {
      if (!isEmergency && deps.isDiskLow?.()) {
        deps.logger.error({ broadcastId }, 'the disk is nearly full: no copy of what is aired');
        return NO_COPY;
      }
      const row: AiredCopyRow = { id: randomUUID(), broadcastId, path: '', startsAtMs };
      let broken = false;
      let closing: Promise<void> | undefined;
      let waitingBytes = 0;
      let syncingSinceMs: number | undefined;
      let isSilent = false;
      const file = create(row, isEmergency);
      const attempt = async (task: (writer: OggOpusWriter) => Promise<void>): Promise<void> => {
        if (broken) return;
        try {
          await task(await file);
        } catch (error) {
          broken = true;
          failed(error, broadcastId);
        }
      };
      const append = (payload: Uint8Array): void => {
        if (broken || closing) return;
        if (waitingBytes + payload.length > WAITING_BYTES_MAX) {
          broken = true;
          failed(new Error('the disk takes nothing'), broadcastId);
          return;
        }
        waitingBytes += payload.length;
        void attempt((writer) => writer.write(payload)).then(() => {
          waitingBytes -= payload.length;
        });
      };
      const sync: Timer = deps.clock.every('sync of an aired copy', SYNC_PERIOD_MS, () => {
        const nowMs = deps.clock.monotonicMs();
        if (syncingSinceMs !== undefined) {
          if (isSilent || nowMs - syncingSinceMs < SLOW_MS) return;
          isSilent = true;
          failed(new Error('the disk does not answer'), broadcastId);
          return;
        }
        // Its row may be long in coming; a file that is being closed has nothing left to sync.
        if (closing) return;
        syncingSinceMs = nowMs;
        void attempt(async (writer) => {
          await writer.sync();
          if (isSilent) succeeded();
          isSilent = false;
        }).finally(() => {
          syncingSinceMs = undefined;
        });
      });
      const copy: AiredCopyWriter = {
        write: append,
        gap(durationMs) {
          for (let leftMs = Math.min(durationMs, LONGEST_GAP_MS); leftMs >= SILENCE_FRAME_MS; ) {
            const silence = silencePacket(leftMs);
            leftMs -= silence.durationMs;
            append(silence.payload);
          }
        },
        close(endsAtMs) {
          closing ??= attempt(async (writer) => {
            await writer.close();
            await deps.store.ended(row, { endsAtMs, ...(await fingerprint(join(deps.dataDir, row.path))) });
            succeeded();
          }).finally(() => {
            sync.cancel();
            open.delete(copy);
          });
          return closing;
        },
      };
      open.add(copy);
      return copy;
    },
    async close() {
      await Promise.all([...open].map((copy) => copy.close(deps.clock.nowMs())));
      await deps.store.close();
    },
  };
}

/** Closes the row of a file that a crash cut short, with what is really in it. */
async function recover(deps: AiredCopiesDeps, row: AiredCopyRow): Promise<void> {
  const path = join(deps.dataDir, row.path);
  const file = await readOggOpus(path, { recover: true });
  const durationMs = file.totalSamples / 48;
  await file.close();
  await deps.store.ended(row, { endsAtMs: row.startsAtMs + durationMs, ...(await fingerprint(path)) });
  deps.logger.info({ path: row.path, durationMs: Math.round(durationMs) }, 'aired copy recovered after a crash');
}

async function fingerprint(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return { sizeBytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
