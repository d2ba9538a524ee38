import type { SpokenText } from './normalise/normalise.ts';

export interface Voice {
  id: string;
  vi: string;
  en: string;
}

export interface SpeechRequest {
  /** Already in words. */
  spoken: SpokenText;
  voiceId: string;
  /** 1 is the voice's own pace; 0.5 to 2. */
  rate: number;
  /** WAV file to write. */
  outputPath: string;
  signal?: AbortSignal | undefined;
}

/** Something that turns words into sound, offline. */
export interface SpeechEngine {
  readonly name: string;
  voices(): readonly Voice[];
  /** @throws AppError speech.* */
  synthesise(request: SpeechRequest): Promise<void>;
}

/** Between paragraphs a listener outdoors needs a breath more than a reader does. */
export const PARAGRAPH_PAUSE_MS = 700;
