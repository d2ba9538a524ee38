import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createOggOpusMuxer } from '../media/index.ts';
import type { Attention } from '../protocol/attention.ts';
import type { AttentionSounds } from './attention-sounds.ts';

/** libopus looks so far ahead at 48 kHz. */
const PRE_SKIP_SAMPLES = 312;
/** Between two turns of encoding the air has the event loop. */
const BREATH_MS = 1;

/** A signal as an Ogg Opus file in memory: the same packets that would go on air. Made in small turns, since the air must not wait for it. */
export async function attentionAudio(sounds: AttentionSounds, attention: Attention, clock: Pick<Clock, 'sleep'>): Promise<Buffer> {
  const sound = sounds.sound(attention);
  const muxer = createOggOpusMuxer({
    serial: randomInt(2 ** 31),
    head: { channels: 1, preSkipSamples: PRE_SKIP_SAMPLES, inputSampleRateHz: 48_000, outputGainDb: 0 },
  });
  const pages = muxer.headers();
  for (let index = 0; ; index++) {
    if (!sound.has(index)) await clock.sleep(BREATH_MS);
    const packet = await sound.packet(index);
    if (!packet) break;
    pages.push(...muxer.push(packet.data));
  }
  return Buffer.concat([...pages, ...muxer.end()]);
}
