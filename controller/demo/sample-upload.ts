import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { runFfmpeg } from '../media/index.ts';

const run = promisify(execFile);
const SPEECH_TIMEOUT_MS = 60_000;
const LIMITS = { memoryBytes: 1024 ** 3, cpuSeconds: 60, fileBytes: 50 * 1024 ** 2, wallSeconds: 60 };

const TEXT = `Đây là bản tin được tải lên từ một tệp âm thanh. Văn phòng xã có thể dùng tệp ghi âm bằng điện thoại, tệp MP3, hoặc tiếng của một đoạn phim.
Hệ thống tự đưa âm lượng về cùng một mức, để bà con nghe rõ mà không bị chói tai.`;

/** Three rising tones, the speech, two falling tones: what an office's own MP3 with a jingle is like. */
const JINGLE = [
  'sine=frequency=523:duration=0.3:sample_rate=44100,volume=0.35,afade=t=out:st=0.15:d=0.15[a]',
  'sine=frequency=659:duration=0.3:sample_rate=44100,volume=0.35,afade=t=out:st=0.15:d=0.15[b]',
  'sine=frequency=784:duration=0.7:sample_rate=44100,volume=0.35,afade=t=out:st=0.3:d=0.4[c]',
  '[0:a]aresample=44100,aformat=sample_fmts=fltp:channel_layouts=mono[speech]',
  'sine=frequency=784:duration=0.3:sample_rate=44100,volume=0.35,afade=t=out:st=0.15:d=0.15[d]',
  'sine=frequency=523:duration=0.8:sample_rate=44100,volume=0.35,afade=t=out:st=0.4:d=0.4[e]',
  '[a][b][c][speech][d][e]concat=n=6:v=0:a=1[out]',
].join(';');

/** Makes an MP3 of speech and tones at this path, as somebody in an office would upload it. */
export async function makeSampleUpload(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const speech = `${path}.wav`;
  try {
    await run('espeak-ng', ['-v', 'vi', '-s', '150', '-w', speech, TEXT], { timeout: SPEECH_TIMEOUT_MS });
    const options = ['-filter_complex', JINGLE, '-map', '[out]', '-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'];
    await runFfmpeg({ input: { file: speech }, inputOptions: [], outputs: [{ target: path, options }], limits: LIMITS });
  } finally {
    await rm(speech, { force: true });
  }
}
