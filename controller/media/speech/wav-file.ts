import { type FileHandle, open } from 'node:fs/promises';

const HEADER_BYTES = 44;

/** Writes mono 16-bit WAV piece by piece. */
export interface WavWriter {
  write(samples: Float32Array): Promise<void>;
  writeSilence(durationMs: number): Promise<void>;
  /** Completes the header. Idempotent. */
  close(): Promise<void>;
}

export async function createWavWriter(path: string, sampleRateHz: number): Promise<WavWriter> {
  const handle: FileHandle = await open(path, 'w');
  let dataBytes = 0;
  let closed: Promise<void> | undefined;
  await handle.write(header(sampleRateHz, 0), 0, HEADER_BYTES, 0);
  const append = async (bytes: Buffer): Promise<void> => {
    await handle.write(bytes, 0, bytes.length, HEADER_BYTES + dataBytes);
    dataBytes += bytes.length;
  };
  const finish = async (): Promise<void> => {
    await handle.write(header(sampleRateHz, dataBytes), 0, HEADER_BYTES, 0);
    await handle.close();
  };
  return {
    write(samples) {
      const pcm = Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
      return append(Buffer.from(pcm.buffer));
    },
    writeSilence: (durationMs) => append(Buffer.alloc(2 * Math.round((durationMs * sampleRateHz) / 1000))),
    close() {
      closed ??= finish();
      return closed;
    },
  };
}

function header(sampleRateHz: number, dataBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + dataBytes, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRateHz, 24);
  bytes.writeUInt32LE(sampleRateHz * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(dataBytes, 40);
  return bytes;
}
