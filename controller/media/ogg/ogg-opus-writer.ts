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

/** @throws when the file exists already */
export async function createOggOpusWriter(path: string, options: OggOpusMuxerOptions): Promise<OggOpusWriter> {
  const muxer = createOggOpusMuxer(options);
  const handle = await open(path, 'wx');
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
    return next(() => handle.appendFile(bytes));
  };
  await append(muxer.headers());
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
