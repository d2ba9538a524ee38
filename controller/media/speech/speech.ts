import { AppError } from '../../errors.ts';
import { withDefaults } from './default-dictionary.ts';
import type { SpeechEngine, Voice } from './engine.ts';
import { createEspeakEngine } from './engines/espeak-engine.ts';
import { createSherpaEngine } from './engines/sherpa-engine.ts';
import { compileDictionary, type DictionaryEntry } from './normalise/dictionary.ts';
import { normaliseText, type SpokenText } from './normalise/normalise.ts';
import { DEFAULT_NUMBER_STYLE, type NumberStyle } from './normalise/number-words.ts';
import { checkSpeechText, nothingToSay } from './speech-text.ts';

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
  normalise(text: string, dictionary: readonly DictionaryEntry[]): SpokenText;
  /** Writes a WAV file. @throws AppError speech.* */
  synthesise(request: SynthesisRequest): Promise<void>;
}

/** Voices of all engines: the commune's own model first when one is configured, espeak-ng always. */
export function createSpeech(options: { sherpaModelDir?: string | null; numberStyle?: NumberStyle }): Speech {
  const engines: SpeechEngine[] = [
    ...(options.sherpaModelDir ? [createSherpaEngine({ modelDir: options.sherpaModelDir })] : []),
    createEspeakEngine(),
  ];
  const style = options.numberStyle ?? DEFAULT_NUMBER_STYLE;

  const normalise = (text: string, dictionary: readonly DictionaryEntry[]): SpokenText => {
    const spoken = normaliseText(checkSpeechText(text), compileDictionary(withDefaults(dictionary)), style);
    if (spoken.length === 0) throw nothingToSay();
    return spoken;
  };

  return {
    voices: () => engines.flatMap((engine) => engine.voices()),
    normalise,
    async synthesise({ text, voice, rate, dictionary, outputPath, signal }) {
      const engine = voice === undefined ? engines[0] : engines.find((candidate) => candidate.voices().some(({ id }) => id === voice));
      const voiceId = voice ?? engine?.voices()[0]?.id;
      if (!engine || voiceId === undefined) throw unknownVoice(voice ?? '');
      const spoken = normalise(text, dictionary);
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
