import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A spoken Vietnamese sentence as an Ogg Opus file, 48 kHz mono, 20 ms packets; about 5 s. */
export async function makeSpokenMaster(
  folder: string,
  text = 'Ủy ban nhân dân xã thông báo: tháng mười là tháng chuyển đổi số quốc gia.',
): Promise<string> {
  const wav = join(folder, 'spoken.wav');
  const master = join(folder, 'spoken.opus');
  await run('espeak-ng', ['-v', 'vi', '-w', wav, text]);
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-i',
    wav,
    '-ac',
    '1',
    '-ar',
    '48000',
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-fec',
    '1',
    '-packet_loss',
    '10',
    master,
  ]);
  return master;
}

/** Mean and peak level of a file as ffmpeg decodes it, and its length. */
export async function listen(path: string): Promise<{ durationMs: number; samples: Float32Array }> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-f', 'f32le', '-ac', '1', '-ar', '48000', '-'], {
    encoding: 'buffer',
    maxBuffer: 200 * 1024 * 1024,
  });
  const samples = new Float32Array(stdout.buffer, stdout.byteOffset, Math.floor(stdout.length / 4));
  return { durationMs: samples.length / 48, samples };
}
