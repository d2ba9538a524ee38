import { open } from 'node:fs/promises';
import { breathe } from '../../turns.ts';

/** Random access to bytes: a file on disk, or memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Up to `lengthBytes` from `offset`; shorter only at the end. Nobody changes it afterwards. */
  read(offset: number, lengthBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openFileSource(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return {
      sizeBytes: size,
      async read(offset, lengthBytes) {
        const buffer = new Uint8Array(Math.max(0, Math.min(lengthBytes, size - offset)));
        let filled = 0;
        while (filled < buffer.length) {
          const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.subarray(0, filled);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @param bytes never changed afterwards. Each reading is a turn of the event loop of its own: checking all of a file in one would hold it. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    async read(offset, lengthBytes) {
      await breathe();
      return bytes.subarray(offset, offset + lengthBytes);
    },
    close: () => Promise.resolve(),
  };
}
