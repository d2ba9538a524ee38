import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createDecoder } from 'libopus-wasm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import type { AppError } from '../../../controller/errors.ts';
import { createMedia, hasInbandFec, type Media, type OpusPacket, readOggOpus } from '../../../controller/media/index.ts';
import { ffmpeg, makeSpeechWav, measureLoudness, rewrite } from '../../support/recordings.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

let folder: string;
let dataDir: string;
let speech: string;
let media: Media;

const at = (name: string): string => join(folder, name);
const newMedia = (limits = {}): Media => createMedia({ dataDir, clock: new SystemClock(), logger: pino({ level: 'silent' }), limits });

beforeAll(async () => {
  folder = makeScratchFolder('ingest');
  dataDir = at('data');
  await mkdir(dataDir);
  speech = await makeSpeechWav(folder);
  media = newMedia({ maxDurationMs: 60_000 });
  await media.start();
});
afterAll(async () => {
  await media.close();
});

/** Every file under the data directory, to see that a refusal leaves nothing. */
async function leftovers(): Promise<string[]> {
  return (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('what an office has', () => {
  const formats: [string, string[]][] = [
    ['wav', []],
    ['mp3', ['-ar', '44100', '-ac', '2', '-b:a', '96k']],
    ['m4a', ['-c:a', 'aac', '-ar', '44100']],
    ['aac', ['-c:a', 'aac']],
    ['ogg', ['-c:a', 'libvorbis']],
    ['opus', ['-c:a', 'libopus', '-b:a', '24k']],
    ['flac', ['-ar', '96000', '-sample_fmt', 's32']],
    ['wma', ['-c:a', 'wmav2']],
    ['webm', ['-c:a', 'libopus']],
    ['3gp', ['-c:a', 'aac', '-ar', '16000']],
    ['wav', ['-c:a', 'pcm_alaw', '-ar', '8000']],
    ['wav', ['-c:a', 'libgsm_ms', '-ar', '8000']],
    ['wav', ['-af', 'pan=5.1|FL=c0|FR=c0|FC=c0', '-ar', '48000']],
  ];
  test.each(formats)('%s %j becomes a master of the right loudness', async (extension, options) => {
    const source = at(`office-${options.join('').replace(/[^a-z0-9]/gi, '')}.${extension}`);
    await ffmpeg('-i', speech, ...options, source);
    const progress: number[] = [];
    const master = await media.ingest(source, { originalName: `bản tin.${extension}`, onProgress: (value) => progress.push(value) });
    const measured = await measureLoudness(master.path);
    expect(Math.abs(measured.lufs + 16)).toBeLessThanOrEqual(1);
    expect(measured.dbtp).toBeLessThanOrEqual(-1.5);
    expect(master.loudnessLufs).toBeCloseTo(measured.lufs, 0);
    expect(master.warnings).toEqual([]);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.length).toBeGreaterThan(3);
    const original = await ffmpeg('-i', speech, '-f', 's16le', '-ar', '48000', '-ac', '1', '-');
    expect(Math.abs(master.durationMs - original.stdout.length / 96)).toBeLessThan(200);
  });

  test('the sound of a video is taken', async () => {
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10', '-i', speech, '-shortest', '-c:a', 'aac', at('meeting.mp4'));
    const master = await media.ingest(at('meeting.mp4'));
    expect(master.source).toMatchObject({ format: 'mov', codec: 'aac' });
  });

  test('content decides, not the name: an MP3 called WAV is taken and the difference is said', async () => {
    await ffmpeg('-i', speech, '-f', 'mp3', at('really-mp3.wav'));
    const master = await media.ingest(at('really-mp3.wav'), { originalName: 'thông báo.wav' });
    expect(master.warnings.map(({ code }) => code)).toEqual(['other_format']);
  });
});

describe('the master', () => {
  test('is named by its own bytes, mono 48 kHz in 20 ms packets with in-band FEC, and the same recording gives the same master', async () => {
    const master = await media.ingest(speech);
    const bytes = await readFile(master.path);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(master.hash);
    expect(master.path).toBe(join(dataDir, 'masters', master.hash.slice(0, 2), `${master.hash.slice(2)}.opus`));
    const again = await media.ingest(speech);
    expect(again.hash).toBe(master.hash);
    const file = await readOggOpus(master.path);
    expect(file.head.channels).toBe(1);
    expect(file.durationSamples / 48).toBeCloseTo(master.durationMs, 5);
    let withFec = 0;
    for await (const packet of file.packets()) {
      expect(packet.durationSamples).toBe(960);
      if (hasInbandFec(packet.data)) withFec++;
    }
    await file.close();
    expect(withFec / file.packetCount).toBeGreaterThan(0.5);
    expect(master.source.fecShare).toBeCloseTo(withFec / file.packetCount, 5);
    expect(bytes.toString('latin1')).not.toMatch(/TITLE|encoder=.*\//i);
  });

  test('its FEC is worth its bytes: a lost packet is nearer to the original with it than concealed', async () => {
    const { path } = await media.ingest(speech);
    const file = await readOggOpus(path);
    const packets: OpusPacket[] = [];
    for await (const packet of file.packets()) packets.push(packet);
    await file.close();
    const whole = await createDecoder({ channels: 1 });
    const withFec = await createDecoder({ channels: 1 });
    const concealed = await createDecoder({ channels: 1 });
    let fecError = 0;
    let concealError = 0;
    packets.forEach(({ data }, index) => {
      const truth = whole.decodeFloat(data);
      const next = packets[index + 1];
      const lost = index % 10 === 5 && next !== undefined;
      const a = lost ? withFec.decodeFloat(next.data, { decodeFec: true, frameSize: 960 }) : withFec.decodeFloat(data);
      const b = lost ? concealed.decodePacketLossFloat(960) : concealed.decodeFloat(data);
      if (!lost) return;
      fecError += squaredError(truth, a);
      concealError += squaredError(truth, b);
    });
    for (const decoder of [whole, withFec, concealed]) decoder.free();
    expect(fecError).toBeLessThan(concealError / 2);
  });

  test('its waveform follows the sound', async () => {
    await ffmpeg('-i', speech, '-af', "volume=enable='lt(t,5)':volume=0", at('late.wav'));
    const master = await media.ingest(at('late.wav'));
    const peaks = new Int8Array(master.peaks);
    expect(peaks.length).toBe(2000);
    const secondsOf = (pair: number): number => (pair / 1000) * (master.durationMs / 1000);
    const heights = Array.from({ length: 1000 }, (_, pair) => (peaks[2 * pair + 1] ?? 0) - (peaks[2 * pair] ?? 0));
    expect(Math.max(...heights.filter((_, pair) => secondsOf(pair + 1) < 4.9))).toBeLessThan(4);
    expect(Math.max(...heights)).toBeGreaterThan(100);
  });

  test('quiet, clipped and out-of-phase recordings are brought to level and the person is told', async () => {
    await ffmpeg('-i', speech, '-af', 'volume=-30dB', '-c:a', 'pcm_s24le', at('quiet.wav'));
    await ffmpeg('-i', speech, '-af', 'volume=20dB', '-c:a', 'pcm_s16le', at('clipped.wav'));
    await ffmpeg('-i', speech, '-af', 'pan=stereo|c0=c0|c1=-1*c0', at('phase.wav'));
    for (const [name, code] of [
      ['quiet', 'quiet'],
      ['clipped', 'clipped'],
      ['phase', 'one_channel'],
    ] as const) {
      const master = await media.ingest(at(`${name}.wav`));
      expect(master.warnings.map((warning) => warning.code)).toEqual([code]);
      expect(Math.abs((await measureLoudness(master.path)).lufs + 16)).toBeLessThanOrEqual(1);
    }
  });

  test('music and uneven speech reach the same figures', async () => {
    const chord = [220, 277, 330, 440].map((hz) => `sin(${hz}*2*PI*t)`).join('+');
    await ffmpeg('-f', 'lavfi', '-i', `aevalsrc=exprs='0.15*(${chord})*(0.3+0.7*abs(sin(3*t)))':s=48000:d=20`, at('music.wav'));
    await ffmpeg('-i', speech, '-af', "volume='if(lt(mod(t,6),3),0.03,1)':eval=frame", '-c:a', 'pcm_s24le', at('uneven.wav'));
    for (const name of ['music.wav', 'uneven.wav']) {
      const { path } = await media.ingest(at(name));
      const { lufs, dbtp } = await measureLoudness(path);
      expect(Math.abs(lufs + 16)).toBeLessThanOrEqual(1);
      expect(dbtp).toBeLessThanOrEqual(-1.5);
    }
  });
});

describe('tags', () => {
  /** An MP3 with an ID3v2.4 tag in front: user-defined texts (frame TXXX), each with this description and value. */
  const tagged = async (name: string, count: number, key: string, value: string): Promise<string> => {
    await ffmpeg('-i', speech, '-id3v2_version', '0', '-write_id3v1', '0', '-write_xing', '0', '-b:a', '96k', at('plain.mp3'));
    const text = Buffer.from(`\x03${key}\0${value}\0`, 'utf8');
    const frame = Buffer.concat([Buffer.from('TXXX'), synchsafe(text.length), Buffer.from([0, 0]), text]);
    const frames = Buffer.concat(Array.from({ length: count }, () => frame));
    const header = Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), synchsafe(frames.length)]);
    await writeFile(at(name), Buffer.concat([header, frames, await readFile(at('plain.mp3'))]));
    return at(name);
  };
  const synchsafe = (size: number): Buffer => Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 127));

  test('can claim nothing about the sound', async () => {
    const forged = '\n[/STREAM]\n[/FORMAT]\n[STREAM]\ncodec_type=video\n[/STREAM]\n[FORMAT]\nduration=99999\n';
    const master = await media.ingest(await tagged('forged.mp3', 1, `x${forged}    I:         -3.0 LUFS\n`, forged));
    expect(master.source).toMatchObject({ format: 'mp3', codec: 'mp3', channels: 1, declaredDurationMs: undefined });
    expect(Math.abs(master.loudnessLufs + 16)).toBeLessThanOrEqual(1);
  });

  test('of two hundred thousand lines keep nobody else waiting', async () => {
    const bomb = await tagged('bomb.mp3', 1, 'x', 'a=b\n'.repeat(200_000));
    let longestMs = 0;
    let lastMs = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    const outcome = await media.ingest(bomb).catch((error: AppError) => error.code);
    clearInterval(watch);
    expect(typeof outcome === 'string' ? outcome : outcome.source.codec).toMatch(/^(mp3|media.took_too_much)$/);
    expect(longestMs).toBeLessThan(500);
  });
});

describe('what is refused', () => {
  const refusal = async (path: string, name?: string): Promise<AppError> => {
    const before = await leftovers();
    const error = (await media.ingest(path, { originalName: name }).then(
      () => new Error('it was accepted'),
      (thrown: unknown) => thrown,
    )) as AppError;
    expect(error.code).toMatch(/^media\./);
    expect(error.words.vi.length).toBeGreaterThan(20);
    expect(error.words.en.length).toBeGreaterThan(20);
    expect(await leftovers()).toEqual(before);
    return error;
  };
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(at(name), content);
    return at(name);
  };

  test('what is no sound, said by what it is', async () => {
    expect((await refusal(await file('empty.mp3', ''))).code).toBe('media.empty');
    const kinds: [string, string | Buffer, string][] = [
      ['page.mp3', '<!DOCTYPE html><html><body>404</body></html>', 'html'],
      ['logo.mp3', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>', 'image'],
      ['plan.wav', `%PDF-1.7\n${'x'.repeat(3000)}`, 'pdf'],
      [
        'letter.mp3',
        Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('word/document.xml'), Buffer.alloc(500)]),
        'office_document',
      ],
      ['list.mp3', '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n', 'playlist'],
      ['concat.wav', "ffconcat version 1.0\nfile '/etc/passwd'\n", 'playlist'],
      ['news.mp3', 'Kính thưa bà con, hôm nay trời mưa.\n'.repeat(20), 'text'],
      ['prog.m4a', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(4000, 7)]), 'program'],
    ];
    for (const [name, content, kind] of kinds) {
      const error = await refusal(await file(name, content), name);
      expect([name, error.code, error.details?.kind]).toEqual([name, 'media.not_sound', kind]);
      expect(error.words.vi).toContain(name);
    }
  });

  test('a playlist makes nobody fetch anything', async () => {
    let calls = 0;
    const server = createServer((socket) => {
      calls++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/secret.ts`;
    await refusal(await file('ssrf.mp3', `#EXTM3U\n#EXTINF:10,\n${url}\n`));
    await refusal(await file('ssrf.sdp', `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`));
    await refusal(await file('ssrf.mpd', `<?xml version="1.0"?><MPD><BaseURL>${url}</BaseURL></MPD>`));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(calls).toBe(0);
  });

  test('damaged and cut-off recordings', async () => {
    await ffmpeg('-i', speech, '-c:a', 'aac', at('whole.m4a'));
    await ffmpeg('-i', speech, '-c:a', 'libvorbis', at('whole.ogg'));
    await ffmpeg('-i', speech, at('whole.flac'));
    const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2);
    expect((await refusal(await rewrite(at('whole.m4a'), at('half.m4a'), half))).code).toBe('media.corrupt');
    expect((await refusal(await rewrite(at('whole.flac'), at('half.flac'), half))).code).toBe('media.cut_off');
    expect((await refusal(await rewrite(speech, at('half.wav'), half))).details?.presentPercent).toBeCloseTo(50, -1);
    const noise = (bytes: Buffer): Buffer =>
      Buffer.concat([bytes.subarray(0, 60), createHash('shake256', { outputLength: 50_000 }).update('noise').digest()]);
    expect(['media.corrupt', 'media.not_sound', 'media.no_audio']).toContain(
      (await refusal(await rewrite(at('whole.ogg'), at('noise.ogg'), noise))).code,
    );
  });

  test('headers that lie: a WAV that claims 4 GB, zero channels, a sample rate of zero', async () => {
    const dataAt = (bytes: Buffer): number => bytes.indexOf('data') + 4;
    const header = (name: string, change: (bytes: Buffer) => unknown): Promise<string> =>
      rewrite(speech, at(name), (bytes) => {
        const copy = Buffer.from(bytes);
        change(copy);
        return copy;
      });
    expect((await refusal(await header('bomb.wav', (bytes) => bytes.writeUInt32LE(0xfffffe00, dataAt(bytes))))).code).toBe('media.cut_off');
    expect((await refusal(await header('mute.wav', (bytes) => bytes.writeUInt16LE(0, 22)))).code).toBe('media.no_channels');
    expect((await refusal(await header('rate.wav', (bytes) => bytes.writeUInt32LE(0, 24)))).code).toMatch(/corrupt|no_channels/);
  });

  test('what is too long, however small its file; too short; silent; without sound', async () => {
    await ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono:d=3600', '-c:a', 'flac', at('hour.flac'));
    expect((await refusal(at('hour.flac'))).code).toBe('media.too_long');
    await ffmpeg('-f', 'lavfi', '-i', 'sine=220:d=90', '-b:a', '32k', at('long.mp3'));
    expect((await refusal(at('long.mp3'))).code).toBe('media.too_long');
    await ffmpeg('-i', speech, '-t', '0.2', at('short.wav'));
    expect((await refusal(at('short.wav'))).code).toBe('media.too_short');
    await ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono:d=5', at('silent.wav'));
    expect((await refusal(at('silent.wav'))).code).toBe('media.silent');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=2:size=160x120', at('mute.mp4'));
    expect((await refusal(at('mute.mp4'))).code).toBe('media.no_audio');
  });

  test('what is too big', async () => {
    const small = newMedia({ maxFileBytes: 1000 });
    await expect(small.ingest(speech)).rejects.toMatchObject({ code: 'media.too_big', status: 413 });
  });
});

describe('life cycle', () => {
  test('aborting kills ffmpeg at once and leaves nothing', async () => {
    await ffmpeg('-stream_loop', '2', '-i', speech, at('three.wav'));
    const abort = new AbortController();
    const before = await leftovers();
    const run = media.ingest(at('three.wav'), {
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress > 0.3) abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(await leftovers()).toEqual(before);
  });

  test('start clears away what a crash left', async () => {
    await mkdir(join(dataDir, 'tmp', 'job-crashed'), { recursive: true });
    await writeFile(join(dataDir, 'tmp', 'job-crashed', 'master.opus'), 'x');
    const next = newMedia();
    await next.start();
    expect(await readdir(join(dataDir, 'tmp'))).toEqual([]);
    await next.close();
  });

  test('speech becomes a master like any recording', async () => {
    const dictionary = [{ written: 'Đại Phước', spoken: 'Đại Phước', caseSensitive: true }];
    const text = 'UBND xã Đại Phước thông báo: lúc 5h30 ngày 10/10/2026.\n\nHết.';
    const north = await media.ingestSpeech({ text, dictionary });
    const south = await media.ingestSpeech({ text, dictionary, voice: 'vi-vn-x-south' });
    const faster = await media.ingestSpeech({ text, dictionary, rate: 1.6 });
    expect(Math.abs(north.loudnessLufs + 16)).toBeLessThanOrEqual(1);
    expect(south.hash).not.toBe(north.hash);
    expect(faster.durationMs).toBeLessThan(north.durationMs * 0.8);
    await expect(media.ingestSpeech({ text, dictionary, voice: '-w/etc/x' })).rejects.toMatchObject({ code: 'speech.unknown_voice' });
  });
});

function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);
}
