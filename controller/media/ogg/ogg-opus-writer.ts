import { open } from 'node:fs/promises';
import { createOggOpusMuxer, type OggOpusMuxerOptions } from './ogg-opus-muxer.ts';

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
  /** Asked when the disk is full; then the same is written once more. */
  makeRoom?(): Promise<unknown>;
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
  const putOrMakeRoom = async (bytes: Buffer): Promise<void> => {
    try {
      await put(bytes);
    } catch (error) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isFull || !options.makeRoom) throw error;
      await options.makeRoom();
      await put(bytes);
    }
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
    return next(() => putOrMakeRoom(bytes));
  };
  try {
    await append(muxer.headers());
  } catch (error) {
    await handle.close();
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
