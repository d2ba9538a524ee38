import { AppError, errorText } from '../errors.ts';
import { memorySource, type OggOpusFile, readOggOpus, readOggOpusSource } from '../media/index.ts';
import type { Repeat } from '../protocol/broadcasts.ts';
import type { ProgrammeSource, SourcePacket } from './air.ts';
import type { DiskPatience } from './disk-patience.ts';
import type { MastersAtHand } from './masters-at-hand.ts';
import { silencePacket } from './opus-silence.ts';
import { type PacketMs, pack } from './packing.ts';

const SAMPLES_PER_MS = 48;
const PAUSE_PACKET_MS = 120;
/** A sleeping disk needs some seconds to turn again; an emergency's attention signal covers most of them. */
const OPEN_WITHIN_MS = 8000;
/** In the middle of a programme it is silence meanwhile, and going on late is better than not at all. */
const READ_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 1000;
/** About ten minutes of speech: read whole before the first sound, so that the disk is not needed any more. */
const WHOLE_BELOW_BYTES = 4 * 1024 * 1024;

export interface RecordedOptions {
  masterPath: string;
  /** How many times it plays, at least once; or without an end. */
  repeat: Repeat;
  /** Silence between two playings. */
  pauseMs: number;
  packetMs: PacketMs;
}

export interface RecordedSourceDeps {
  disk: DiskPatience;
  atHand: MastersAtHand;
}

/** A master: from memory where it is there or small, otherwise read from its file as it goes on air. */
export function recordedSource({ disk, atHand }: RecordedSourceDeps, options: RecordedOptions): ProgrammeSource {
  let file: OggOpusFile | undefined;
  let packets: AsyncGenerator<SourcePacket> | undefined;
  let durationMs: number | null = null;
  return {
    kind: 'recorded',
    get durationMs() {
      return durationMs;
    },
    async start({ skipMs } = { skipMs: 0 }) {
      file = await opening(options.masterPath, () => open(options.masterPath));
      const playMs = file.durationSamples / SAMPLES_PER_MS;
      durationMs = options.repeat === 'until_stopped' ? null : options.repeat * playMs + (options.repeat - 1) * options.pauseMs;
      packets = playings(file, options, skipMs);
    },
    async read() {
      const next = await opening(options.masterPath, () => disk.within(READ_WITHIN_MS, async () => packets?.next()));
      return next?.done === false ? next.value : null;
    },
    async close() {
      // Behind a reading that hangs it waits no longer than that: the file is closed when the disk answers.
      const closing = (async () => {
        await packets?.return(undefined);
        await file?.close();
        file = undefined;
      })();
      await disk.wait(CLOSE_WITHIN_MS, closing).catch(() => undefined);
    },
  };

  function open(masterPath: string): Promise<OggOpusFile> {
    const held = atHand.get(masterPath);
    if (held) return readOggOpusSource(memorySource(held));
    return disk.within(
      OPEN_WITHIN_MS,
      () => readOggOpus(masterPath, { wholeBelowBytes: WHOLE_BELOW_BYTES }),
      (late) => late.close(),
    );
  }
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
    if (error instanceof AppError) throw error;
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
