import { AppError } from '../../errors.ts';
import type { SpeechEngine, Voice } from './engine.ts';
import { createEspeakEngine } from './engines/espeak-engine.ts';
import { createSherpaEngine } from './engines/sherpa-engine.ts';
import type { DictionaryEntry } from './normalise/dictionary.ts';
import type { SpokenText } from './normalise/normalise.ts';
import { DEFAULT_NUMBER_STYLE, type NumberStyle } from './normalise/number-words.ts';
import type { ReadOut } from './read-out.ts';
import { requireSpeechLength } from './speech-text.ts';

export interface SynthesisRequest {
  text: string;
  /** One of `voices()`. Absent: the first. */
  voice?: string | undefined;
  rate?: number | undefined;
  /** The commune's own entries; the defaults are added. */
  dictionary: readonly DictionaryEntry[];
  outputPath: string;
  signal?: AbortSignal | undefined;
}

export interface Speech {
  voices(): readonly Voice[];
  /** Text as it will be read. @throws AppError speech.empty, speech.too_long, speech.control_characters */
  normalise(text: string, dictionary: readonly DictionaryEntry[]): Promise<SpokenText>;
  /** Writes a WAV file. @throws AppError speech.* */
  synthesise(request: SynthesisRequest): Promise<void>;
}

export interface SpeechOptions {
  sherpaModelDir?: string | null;
  numberStyle?: NumberStyle;
  /** Where texts are put into words: off the event loop, for a long one takes tens of milliseconds. */
  readOut: (...request: Parameters<ReadOut>) => Promise<SpokenText>;
}

/** Voices of all engines: the commune's own model first when one is configured, espeak-ng always. */
export function createSpeech(options: SpeechOptions): Speech {
  const engines: SpeechEngine[] = [
    ...(options.sherpaModelDir ? [createSherpaEngine({ modelDir: options.sherpaModelDir })] : []),
    createEspeakEngine(),
  ];
  const style = options.numberStyle ?? DEFAULT_NUMBER_STYLE;

  const normalise: Speech['normalise'] = async (text, dictionary) => {
    requireSpeechLength(text);
    return options.readOut({ text, dictionary, style });
  };

  return {
    voices: () => engines.flatMap((engine) => engine.voices()),
    normalise,
    async synthesise({ text, voice, rate, dictionary, outputPath, signal }) {
      const engine = voice === undefined ? engines[0] : engines.find((candidate) => candidate.voices().some(({ id }) => id === voice));
      const voiceId = voice ?? engine?.voices()[0]?.id;
      if (!engine || voiceId === undefined) throw unknownVoice(voice ?? '');
      const spoken = await normalise(text, dictionary);
      await engine.synthesise({ spoken, voiceId, rate: Math.max(0.5, Math.min(2, rate ?? 1)), outputPath, signal });
    },
  };
}

function unknownVoice(voice: string): AppError {
  return new AppError({
    code: 'speech.unknown_voice',
    status: 422,
    words: { vi: `Không có giọng đọc "${voice}". Hãy chọn giọng khác.`, en: `There is no voice "${voice}". Choose another.` },
    details: { voice },
  });
}
