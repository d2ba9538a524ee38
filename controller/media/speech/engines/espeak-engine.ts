import { AppError } from '../../../errors.ts';
import { FfmpegError } from '../../ffmpeg/ffmpeg-error.ts';
import { runLimited, type ToolLimits } from '../../ffmpeg/limited-run.ts';
import { mediaErrors } from '../../ingest/media-errors.ts';
import { PARAGRAPH_PAUSE_MS, type SpeechEngine, type Voice } from '../engine.ts';
import type { SpokenText } from '../normalise/normalise.ts';

const WORDS_PER_MINUTE = 150;
/** Half an hour of 22 kHz sound, and some. */
const LIMITS: ToolLimits = { memoryBytes: 1024 ** 3, cpuSeconds: 120, fileBytes: 200 * 1024 ** 2, wallSeconds: 300 };
const MOST_STDOUT_BYTES = 65_536;

const VOICES: readonly Voice[] = [
  { id: 'vi', vi: 'Giọng miền Bắc (espeak)', en: 'Northern voice (espeak)' },
  { id: 'vi-vn-x-south', vi: 'Giọng miền Nam (espeak)', en: 'Southern voice (espeak)' },
  { id: 'vi-vn-x-central', vi: 'Giọng miền Trung (espeak)', en: 'Central voice (espeak)' },
];

/** espeak-ng: always there, understandable, not beautiful. The text goes in by standard input, never by argument. */
export function createEspeakEngine(): SpeechEngine {
  return {
    name: 'espeak-ng',
    voices: () => VOICES,
    async synthesise({ spoken, voiceId, rate, outputPath, signal }) {
      if (!VOICES.some((voice) => voice.id === voiceId)) throw new RangeError(`no such voice: ${voiceId}`);
      const args = ['--stdin', '-m', '-v', voiceId, '-s', String(Math.round(WORDS_PER_MINUTE * rate)), '-w', '/dev/fd/4'];
      const run = { program: 'espeak-ng', args, limits: LIMITS, maxStdoutBytes: MOST_STDOUT_BYTES };
      try {
        await runLimited({ ...run, write: outputPath, stdin: toSsml(spoken), signal });
      } catch (error) {
        throw error instanceof FfmpegError ? failure(error) : error;
      }
    },
  };
}

/** Our own markup around text in which every sign of markup is escaped. */
export function toSsml(spoken: SpokenText): string {
  const paragraphs = spoken.map((sentences) => `<p>${sentences.map((sentence) => `<s>${escapeXml(sentence)}</s>`).join('')}</p>`);
  return `<speak>${paragraphs.join(`<break time="${PARAGRAPH_PAUSE_MS}ms"/>`)}</speak>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function failure(error: FfmpegError): AppError {
  if (error.reason === 'missing') return mediaErrors.toolMissing('espeak-ng', error);
  if (error.reason === 'killed') return mediaErrors.interrupted(error);
  return new AppError({
    code: 'speech.failed',
    status: 500,
    words: {
      vi: 'Máy đọc không đọc được nội dung này. Hãy rút ngắn hoặc chia thành nhiều bản tin rồi thử lại.',
      en: 'The voice could not read this text. Shorten it or divide it into several bulletins and try again.',
    },
    details: { reason: error.message, stderr: error.stderr },
    cause: error,
  });
}
