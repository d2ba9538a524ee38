import type { BrowserClock } from '../../clock.ts';
import { firstNews } from './first-news.ts';

export type MicrophoneTrouble = 'denied' | 'missing' | 'insecure' | 'busy' | 'ended' | 'muted';

/** A microphone that only this page hears: a level to look at, and a track to send once a person says so. */
export interface MicrophoneInput {
  track: MediaStreamTrack;
  /** dBFS of the last 50 ms, -120 when silent. */
  levelDb(): number;
  /** What became of the device; undefined: nothing. */
  readonly trouble: MicrophoneTrouble | undefined;
  /** Called once, when the device goes away or the system mutes it, or at once when that has happened. Sound never comes back unasked. */
  onTrouble(listener: (trouble: MicrophoneTrouble) => void): void;
  close(): void;
}

function troubleOf(error: unknown): MicrophoneTrouble {
  if (!(error instanceof DOMException)) return 'missing';
  if (error.name === 'NotAllowedError') return 'denied';
  if (error.name === 'NotReadableError') return 'busy';
  return 'missing';
}

/** Opens the microphone for local listening. Throws nothing: a trouble is an answer, in words the page has. */
export async function openMicrophoneInput(clock: BrowserClock): Promise<MicrophoneInput | MicrophoneTrouble> {
  if (!navigator.mediaDevices) return 'insecure';
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    return troubleOf(error);
  }
  const track = stream.getAudioTracks()[0];
  if (!track) return 'missing';
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const trouble = firstNews<MicrophoneTrouble>();
  track.onended = () => trouble.tell('ended');
  // Browsers report a short mute while they switch devices; only one that stays is a trouble.
  track.onmute = () => void clock.after(300, () => track.muted && trouble.tell('muted'));
  return {
    track,
    get trouble() {
      return trouble.news;
    },
    levelDb() {
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      return sum === 0 ? -120 : Math.max(-120, 10 * Math.log10(sum / samples.length));
    },
    onTrouble: trouble.listen,
    close() {
      trouble.close();
      for (const each of stream.getTracks()) each.stop();
      void context.close();
    },
  };
}
