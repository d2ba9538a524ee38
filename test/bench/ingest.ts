import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { createMedia } from '../../controller/media/index.ts';
import { ffmpeg, measureLoudness, runTool } from '../support/recordings.ts';
import type { BenchContext, BenchRow } from './bench-row.ts';

const SENTENCES = [
  'Kính thưa bà con nhân dân, sau đây là bản tin buổi sáng của Trung tâm Dịch vụ tổng hợp.',
  'Ủy ban nhân dân xã thông báo lịch tiêm chủng mở rộng cho trẻ em dưới năm tuổi tại trạm y tế.',
  'Trong những ngày tới, thời tiết có mưa to và dông, bà con chú ý đề phòng lốc xoáy và sét.',
  'Mời bà con đến nhà văn hóa ấp để được hướng dẫn sử dụng dịch vụ công trực tuyến.',
  'Giá lúa hôm nay tăng nhẹ, các hợp tác xã tiếp tục thu mua theo hợp đồng đã ký.',
];
const VOICES = ['vi', 'vi-vn-x-south', 'vi-vn-x-central'];

/** Ingest of a 30-minute bulletin beside ffmpeg alone doing the same: two-pass loudnorm and the same encoder settings. */
export async function bench({ quick, log, tmpDir }: BenchContext): Promise<BenchRow[]> {
  const clock = new SystemClock();
  const seconds = quick ? 30 : 1800;
  const folder = join(tmpDir, 'ingest');
  await mkdir(folder, { recursive: true });
  const recording = await makeRecording(folder, seconds);
  const media = createMedia({ dataDir: folder, clock, logger: pino({ level: 'silent' }) });
  await media.start();

  const timed = async <Result>(task: () => Promise<Result>): Promise<{ result: Result; wallS: number; cpuS: number }> => {
    const startMs = clock.monotonicMs();
    const startCpuS = cpuSecondsWithChildren();
    const result = await task();
    return { result, wallS: (clock.monotonicMs() - startMs) / 1000, cpuS: cpuSecondsWithChildren() - startCpuS };
  };

  // Capabilities are asked for once in a controller's life, not once a bulletin.
  await media.ingest(join(folder, 'part-0.wav'));
  const peer = await timed(() => ingestWithFfmpegAlone(recording, join(folder, 'peer.opus')));
  log(`ffmpeg alone: ${peer.wallS.toFixed(1)} s (${peer.cpuS.toFixed(1)} s of processor)`);
  const ours = await timed(() => media.ingest(recording));
  log(`ingest: ${ours.wallS.toFixed(1)} s (${ours.cpuS.toFixed(1)} s of processor)`);
  await media.close();

  const master = await measureLoudness(ours.result.path);
  const theirs = await measureLoudness(join(folder, 'peer.opus'));
  const row = { name: 'ingest', n: seconds, profile: null };
  const label = `ffmpeg alone, two-pass loudnorm + libopus: ${peer.cpuS.toFixed(1)} s of processor, ${peer.wallS.toFixed(1)} s`;
  const cpuRatio = ours.cpuS / peer.cpuS;
  return [
    {
      ...row,
      metric: `processor time for ${seconds / 60} minutes of speech`,
      value: round(ours.cpuS),
      unit: 's',
      target: round(1.15 * peer.cpuS),
      pass: cpuRatio <= 1.15,
      peer: label,
      ratio: round(cpuRatio),
    },
    {
      ...row,
      metric: `time for ${seconds / 60} minutes of speech`,
      value: round(ours.wallS),
      unit: 's',
      target: round(1.15 * peer.wallS),
      pass: ours.wallS <= 1.15 * peer.wallS,
      peer: label,
      ratio: round(ours.wallS / peer.wallS),
    },
    {
      ...row,
      metric: 'loudness of the decoded master, distance from -16 LUFS',
      value: round(Math.abs(master.lufs + 16)),
      unit: 'LU',
      target: 1,
      pass: Math.abs(master.lufs + 16) <= 1,
      peer: `ffmpeg alone: ${round(Math.abs(theirs.lufs + 16))} LU`,
      ratio: null,
    },
    {
      ...row,
      metric: 'true peak of the decoded master',
      value: master.dbtp,
      unit: 'dBTP',
      target: -1.5,
      pass: master.dbtp <= -1.5,
      peer: `ffmpeg alone: ${theirs.dbtp} dBTP`,
      ratio: null,
    },
  ];
}

/** Three voices at changing pace, so that no stretch is like another; stereo MP3 as an office would send it. */
async function makeRecording(folder: string, seconds: number): Promise<string> {
  const list: string[] = [];
  for (const [index, voice] of [...VOICES, ...VOICES].entries()) {
    const text = SENTENCES.map((_, offset) => SENTENCES[(index + offset * 2) % SENTENCES.length]).join('\n');
    await runTool(
      'espeak-ng',
      ['-v', voice, '-s', String(130 + 9 * index), '-a', String(60 + 20 * index), '--stdin', '-w', join(folder, `part-${index}.wav`)],
      text,
    );
    list.push(`file 'part-${index}.wav'`);
  }
  await writeFile(join(folder, 'list.txt'), list.join('\n'));
  await ffmpeg('-f', 'concat', '-i', join(folder, 'list.txt'), '-c', 'copy', join(folder, 'round.wav'));
  const path = join(folder, 'bulletin.mp3');
  await ffmpeg(
    '-stream_loop',
    '-1',
    '-i',
    join(folder, 'round.wav'),
    '-t',
    String(seconds),
    '-ac',
    '2',
    '-ar',
    '44100',
    '-b:a',
    '128k',
    path,
  );
  return path;
}

async function ingestWithFfmpegAlone(recording: string, target: string): Promise<void> {
  const mono = 'pan=mono|c0=0.5*c0+0.5*c1,aresample=48000';
  const goal = 'loudnorm=I=-16:TP=-1.5:LRA=11';
  const { stderr } = await ffmpeg('-nostats', '-i', recording, '-af', `${mono},${goal}:print_format=json`, '-f', 'null', '-');
  const measured = JSON.parse(stderr.slice(stderr.lastIndexOf('{'), stderr.lastIndexOf('}') + 1)) as Record<string, string>;
  const known = `measured_I=${measured.input_i}:measured_TP=${measured.input_tp}:measured_LRA=${measured.input_lra}:measured_thresh=${measured.input_thresh}`;
  const encoder = [
    '-c:a',
    'libopus',
    '-b:a',
    '32000',
    '-vbr',
    'on',
    '-application',
    'audio',
    '-frame_duration',
    '20',
    '-fec',
    '1',
    '-packet_loss',
    '5',
  ];
  await ffmpeg('-nostats', '-i', recording, '-af', `${mono},${goal}:${known}:linear=true,aresample=48000`, ...encoder, target);
}

/** Of this process and of every child that has ended, in seconds (proc(5): utime, stime, cutime, cstime in clock ticks). */
function cpuSecondsWithChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / 100;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
