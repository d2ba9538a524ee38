import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../errors.ts';
import { mediaErrors } from '../../ingest/media-errors.ts';
import { PARAGRAPH_PAUSE_MS, type SpeechEngine, type Voice } from '../engine.ts';
import type { SpokenText } from '../normalise/normalise.ts';

const LIMITED = fileURLToPath(new URL('../../ffmpeg/limited.sh', import.meta.url));
const WORDS_PER_MINUTE = 150;
/** Memory in KiB, processor seconds, output in 512-byte blocks (half an hour of 22 kHz sound and some), wall seconds. */
const LIMITS = '--limits=1048576:120:409600:300:espeak-ng';

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
      signal?.throwIfAborted();
      const child = spawn(
        LIMITED,
        [LIMITS, '--stdin', '-m', '-v', voiceId, '-s', String(Math.round(WORDS_PER_MINUTE * rate)), '-w', outputPath],
        {
          stdio: ['pipe', 'ignore', 'pipe'],
        },
      );
      const abort = (): void => void child.kill('SIGKILL');
      signal?.addEventListener('abort', abort, { once: true });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr = (stderr + chunk).slice(-2000);
      });
      // espeak may stop reading when it fails; its exit code tells why.
      child.stdin.on('error', () => undefined);
      child.stdin.end(toSsml(spoken));
      try {
        const [code] = (await once(child, 'close')) as [number | null];
        signal?.throwIfAborted();
        if (code !== 0) throw failure(code, stderr);
      } finally {
        signal?.removeEventListener('abort', abort);
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

function failure(code: number | null, stderr: string): AppError {
  if (code === 127 || code === 126) return mediaErrors.toolMissing('espeak-ng', stderr);
  return new AppError({
    code: 'speech.failed',
    status: 500,
    words: {
      vi: 'Máy đọc không đọc được nội dung này. Hãy rút ngắn hoặc chia thành nhiều bản tin rồi thử lại.',
      en: 'The voice could not read this text. Shorten it or divide it into several bulletins and try again.',
    },
    details: { exitCode: code, stderr },
  });
}
