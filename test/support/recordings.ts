import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Runs a program that makes or measures test material. @returns standard output and error */
export async function runTool(program: string, args: readonly string[], input?: string): Promise<{ stdout: Buffer; stderr: string }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(input ?? '');
  const [code] = (await once(child, 'close')) as [number];
  const text = Buffer.concat(stderr).toString('utf8');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${text.slice(-500)}`);
  return { stdout: Buffer.concat(stdout), stderr: text };
}

export const ffmpeg = (...args: string[]): Promise<{ stdout: Buffer; stderr: string }> =>
  runTool('ffmpeg', ['-y', '-nostdin', '-hide_banner', '-v', 'info', ...args]);

const TEXT = `Kính thưa bà con nhân dân xã Đại Phước. Sau đây là bản tin buổi sáng của Trung tâm Dịch vụ tổng hợp.
Ủy ban nhân dân xã thông báo lịch tiêm chủng mở rộng cho trẻ em dưới năm tuổi tại trạm y tế vào ngày mười tháng mười.
Đề nghị bà con mang theo sổ tiêm chủng và đến đúng giờ.`;

/** A real spoken bulletin of about 16 s, mono 22.05 kHz WAV. */
export async function makeSpeechWav(folder: string): Promise<string> {
  const path = join(folder, 'speech.wav');
  await runTool('espeak-ng', ['-v', 'vi', '-s', '150', '--stdin', '-w', path], TEXT);
  return path;
}

/** Integrated loudness and true peak by ffmpeg's own meter, independent of the code under test. */
export async function measureLoudness(path: string): Promise<{ lufs: number; dbtp: number }> {
  const { stderr } = await ffmpeg('-i', path, '-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-');
  const figure = (name: string): number => Number(new RegExp(`\\s${name}:\\s+(-?[\\d.]+) (?:LUFS|dBFS)`).exec(stderr)?.[1]);
  return { lufs: figure('I'), dbtp: figure('Peak') };
}

/** Changes bytes of a file into another file. */
export async function rewrite(from: string, to: string, change: (bytes: Buffer) => Buffer): Promise<string> {
  await writeFile(to, change(await readFile(from)));
  return to;
}
