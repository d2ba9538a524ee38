import { open, rm } from 'node:fs/promises';
import { createOggOpusMuxer, type OggOpusMuxerOptions } from './ogg-opus-muxer.ts';
import { withRoom } from './with-room.ts';

/** Writes packets to a new file; what is older than about a second is on its way to the disk at any time. */
export interface OggOpusWriter {
  readonly path: string;
  write(packet: Uint8Array): Promise<void>;
  /** Stores what is waiting and waits until the disk has it. */
  sync(): Promise<void>;
  /** Ends the stream, waits until the disk has it, closes the file. Idempotent. */
  close(trimEndSamples?: number): Promise<void>;
}

export interface OggOpusWriterOptions extends OggOpusMuxerOptions {
  /** Asked when the disk is full; see `withRoom`. */
  makeRoom?(): Promise<boolean>;
}

/** @throws when the file exists already */
export async function createOggOpusWriter(path: string, options: OggOpusWriterOptions): Promise<OggOpusWriter> {
  const muxer = createOggOpusMuxer(options);
  const handle = await open(path, 'wx');
  let sizeBytes = 0;
  const put = async (bytes: Buffer): Promise<void> => {
    // Always behind the last whole page: a write that the full disk took a part of is written over.
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, sizeBytes);
    if (bytesWritten < bytes.length) throw Object.assign(new Error('the disk took only a part'), { code: 'ENOSPC' });
    sizeBytes += bytes.length;
  };
  // Writes are queued one behind the other: callers need not wait for each.
  let tail: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;
  const next = (task: () => Promise<void>): Promise<void> => {
    tail = tail.then(task);
    // The failure reaches whoever awaits this call or any later one; the chain alone must not end the process.
    tail.catch(() => undefined);
    return tail;
  };
  const append = (pages: readonly Uint8Array[]): Promise<void> => {
    if (pages.length === 0) return tail;
    const bytes = Buffer.concat(pages);
    const { makeRoom } = options;
    return next(() => (makeRoom ? withRoom(() => put(bytes), makeRoom) : put(bytes)));
  };
  try {
    await append(muxer.headers());
  } catch (error) {
    await handle.close();
    await rm(path, { force: true });
    throw error;
  }
  return {
    path,
    write: (packet) => (closed ? Promise.reject(new Error(`${path} is closed`)) : append(muxer.push(packet))),
    // In the queue, too: on a disk that hangs one file holds one thread.
    sync: () => {
      void append(muxer.flush());
      return next(() => handle.datasync());
    },
    close(trimEndSamples = 0) {
      closed ??= append(muxer.end(trimEndSamples))
        .then(() => next(() => handle.sync()))
        .finally(() => handle.close());
      return closed;
    },
  };
}
