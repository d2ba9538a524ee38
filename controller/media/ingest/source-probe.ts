import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.ts';
import { runLimited, type ToolLimits } from '../ffmpeg/limited-run.ts';
import { PROBED_DECODERS } from './decoders.ts';
import type { IngestLimits } from './limits.ts';
import { mediaErrors } from './media-errors.ts';
import { declaredWavBytes, sniffContent } from './sniff.ts';

/** Containers ingest opens: none of them names other files or addresses (no hls, dash, concat, sdp, image2). */
export const FORMAT_WHITELIST = 'mp3,mov,wav,w64,ogg,flac,aac,amr,asf,matroska,webm,aiff,caf,au,3gp,ape,wv';
/** No network, no device, no other protocol. */
export const INPUT_GUARDS: readonly string[] = ['-protocol_whitelist', 'file', '-format_whitelist', FORMAT_WHITELIST];
const PROBE_ARGUMENTS: readonly string[] = [
  ...['-v', 'error', '-probesize', '10000000', '-analyzeduration', '10000000', ...INPUT_GUARDS, '-codec_whitelist', PROBED_DECODERS],
  // Nothing that a stranger wrote: no tags, no chapters, and as JSON, which no name can break out of.
  ...['-select_streams', 'a', '-show_entries', 'stream=codec_name,sample_rate,channels,duration:format=format_name,duration'],
  ...['-of', 'json=compact=1', 'file:/dev/fd/3'],
];
const PROBE_LIMITS: ToolLimits = { memoryBytes: 1536 * 1024 * 1024, cpuSeconds: 20, fileBytes: 32_768, wallSeconds: 30 };
const MOST_PROBED_BYTES = 256 * 1024;
/** What isn't there is missing or "N/A". */
const probed = z.object({
  streams: z.array(
    z
      .object({ codec_name: z.string(), sample_rate: z.coerce.number(), channels: z.coerce.number(), duration: z.coerce.number() })
      .partial(),
  ),
  format: z.object({ format_name: z.string(), duration: z.coerce.number() }).partial(),
});
const HEAD_BYTES = 4096;
/** Containers whose header states the duration; elsewhere it is an estimate from the bit rate. */
const EXACT_FORMATS = ['mov', 'flac', 'ogg', 'matroska', 'asf', 'caf', 'aiff'];

export interface SourceInfo {
  sizeBytes: number;
  format: string;
  codec: string;
  sampleRateHz: number;
  channels: number;
  /** As the container declares it, when it does so reliably. */
  declaredDurationMs: number | undefined;
}

export interface ProbeOptions {
  originalName?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Finds out what an uploaded file is and refuses what can't become a bulletin.
 * @throws AppError media.*
 */
export async function probeSource(path: string, limits: IngestLimits, options: ProbeOptions): Promise<SourceInfo> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) throw mediaErrors.empty();
  if (sizeBytes > limits.maxFileBytes) throw mediaErrors.tooBig(limits.maxFileBytes);
  const head = await readHead(path);
  const wav = declaredWavBytes(head, sizeBytes);
  if (wav && wav.present < wav.declared * 0.97) throw mediaErrors.cutOff(Math.floor((100 * wav.present) / wav.declared));
  const { streams, format: container } = await probe(path, head, options);
  const audio = streams[0];
  if (!audio) throw mediaErrors.noAudio();
  const { channels = 0, sample_rate: sampleRateHz = 0 } = audio;
  if (!(channels > 0) || channels > limits.maxChannels || !(sampleRateHz > 0)) throw mediaErrors.noChannels();
  const format = container.format_name?.split(',')[0] ?? 'unknown';
  const seconds = audio.duration ?? container.duration ?? Number.NaN;
  const declaredDurationMs = EXACT_FORMATS.includes(format) && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  if (declaredDurationMs !== undefined && declaredDurationMs > limits.maxDurationMs) throw mediaErrors.tooLong(limits.maxDurationMs);
  return { sizeBytes, format, codec: audio.codec_name ?? 'unknown', sampleRateHz, channels, declaredDurationMs };
}

async function probe(path: string, head: Uint8Array, { originalName, signal }: ProbeOptions): Promise<z.output<typeof probed>> {
  try {
    const run = { program: 'ffprobe', args: PROBE_ARGUMENTS, limits: PROBE_LIMITS, maxStdoutBytes: MOST_PROBED_BYTES };
    return probed.parse(JSON.parse(await runLimited({ ...run, read: path, signal })));
  } catch (error) {
    if (!(error instanceof FfmpegError)) throw error;
    throw explainProbeFailure(error, head, originalName);
  }
}

function explainProbeFailure(error: FfmpegError, head: Uint8Array, originalName: string | undefined): Error {
  if (error.reason === 'missing') return mediaErrors.toolMissing('ffmpeg', error);
  if (error.reason === 'limit') return mediaErrors.tookTooMuch(error);
  if (error.reason === 'killed') return mediaErrors.interrupted(error);
  if (/channel/i.test(error.stderr)) return mediaErrors.noChannels();
  const kind = sniffContent(head);
  if (kind !== 'unknown') return mediaErrors.notSound(kind, originalName, error);
  return looksLikeSound(head) ? mediaErrors.corrupt(error) : mediaErrors.notSound('unknown', originalName, error);
}

/** Whether a file that can't be opened at least begins as a recording does: then it is a damaged one. */
function looksLikeSound(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1');
  return (
    /^(RIFF|OggS|fLaC|ID3|#!AMR|FORM|caff|\xff[\xe0-\xff])/.test(text) || text.startsWith('ftyp', 4) || text.startsWith('\x1a\x45\xdf\xa3')
  );
}

async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
