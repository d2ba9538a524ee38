import { AppError, errorText } from '../errors.ts';
import { type OggOpusFile, readOggOpus } from '../media/index.ts';
import type { Repeat } from '../protocol/broadcasts.ts';
import type { ProgrammeSource, SourcePacket } from './air.ts';
import { silencePacket } from './opus-silence.ts';
import { type PacketMs, pack } from './packing.ts';

const SAMPLES_PER_MS = 48;
const PAUSE_PACKET_MS = 120;

export interface RecordedOptions {
  masterPath: string;
  /** How many times it plays, at least once; or without an end. */
  repeat: Repeat;
  /** Silence between two playings. */
  pauseMs: number;
  packetMs: PacketMs;
}

/** A master, read packet by packet from its file as it goes on air. */
export function recordedSource(options: RecordedOptions): ProgrammeSource {
  let file: OggOpusFile | undefined;
  let packets: AsyncGenerator<SourcePacket> | undefined;
  let durationMs: number | null = null;
  return {
    kind: 'recorded',
    get durationMs() {
      return durationMs;
    },
    async start({ skipMs } = { skipMs: 0 }) {
      file = await opening(options.masterPath, () => readOggOpus(options.masterPath));
      const playMs = file.durationSamples / SAMPLES_PER_MS;
      durationMs = options.repeat === 'until_stopped' ? null : options.repeat * playMs + (options.repeat - 1) * options.pauseMs;
      packets = playings(file, options, skipMs);
    },
    async read() {
      const next = await opening(options.masterPath, async () => packets?.next());
      return next?.done === false ? next.value : null;
    },
    async close() {
      await packets?.return(undefined);
      await file?.close();
      file = undefined;
    },
  };
}

async function* playings(file: OggOpusFile, options: RecordedOptions, skipMs: number): AsyncGenerator<SourcePacket> {
  const playMs = file.durationSamples / SAMPLES_PER_MS;
  const times = options.repeat === 'until_stopped' ? Number.POSITIVE_INFINITY : options.repeat;
  // Without an end, what yields nothing would never give the event loop back.
  if (playMs <= 0) return;
  let leftToSkipMs = skipMs;
  for (let playing = 0; playing < times; playing++) {
    if (playing > 0) {
      const pauseMs = Math.max(0, options.pauseMs - leftToSkipMs);
      leftToSkipMs = Math.max(0, leftToSkipMs - options.pauseMs);
      for (let leftMs = pauseMs; leftMs >= 20; ) {
        const silence = silencePacket(Math.min(leftMs, PAUSE_PACKET_MS));
        leftMs -= silence.durationMs;
        yield { ...silence, pass: 'pause' };
      }
    }
    if (leftToSkipMs >= playMs) {
      leftToSkipMs -= playMs;
      continue;
    }
    yield* onePlaying(file, leftToSkipMs, options.packetMs);
    leftToSkipMs = 0;
  }
}

async function* onePlaying(file: OggOpusFile, fromMs: number, packetMs: PacketMs): AsyncGenerator<SourcePacket> {
  // From the beginning the decoder needs all of the pre-skip; in the middle the packet that holds the position is enough.
  const positionSamples = file.preSkipSamples + Math.round(fromMs * SAMPLES_PER_MS);
  const stored = file.packets(fromMs > 0 ? positionSamples : 0);
  let startSamples: number | undefined;
  const noted = async function* () {
    for await (const packet of stored) {
      startSamples ??= packet.startSamples;
      yield packet;
    }
  };
  let first = true;
  for await (const packet of pack(noted(), packetMs)) {
    const preRollMs = (positionSamples - (startSamples ?? 0)) / SAMPLES_PER_MS;
    if (!first) yield packet;
    else yield fromMs > 0 ? { ...packet, preRollMs } : { ...packet, preRollMs, pass: 'begins' };
    first = false;
  }
}

async function opening<Value>(masterPath: string, task: () => Promise<Value>): Promise<Value> {
  try {
    return await task();
  } catch (error) {
    throw new AppError({
      code: 'air.master_unreadable',
      status: 500,
      words: {
        vi: 'Không đọc được tệp âm thanh của bản tin này. Hãy tải bản tin lên lại.',
        en: 'The sound file of this bulletin cannot be read. Upload the bulletin again.',
      },
      details: { masterPath, reason: errorText(error) },
      cause: error,
    });
  }
}
