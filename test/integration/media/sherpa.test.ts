import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Confinement, confineTools } from '../../../controller/media/ffmpeg/confinement.ts';
import { createSherpaEngine } from '../../../controller/media/speech/engines/sherpa-engine.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

let folder: string;
const request = () => ({ spoken: [['Xin chào.']], voiceId: 'sherpa', rate: 1, outputPath: join(folder, 'speech.wav') });
const worker = async (name: string, code: string): Promise<string> => {
  await writeFile(join(folder, name), code);
  return join(folder, name);
};

beforeAll(async () => {
  folder = makeScratchFolder('sherpa');
  for (const name of ['model.onnx', 'tokens.txt']) await writeFile(join(folder, name), '');
});

test('a voice that computes for ever is stopped and says so; so is one that was aborted', async () => {
  // Native code lets nobody in; so does this.
  const endless = await worker('endless.mjs', 'for (;;);');
  const limited = createSherpaEngine({ modelDir: folder, worker: endless, limits: { wallSeconds: 1 } });
  await expect(limited.synthesise(request())).rejects.toMatchObject({ code: 'speech.too_slow', status: 422 });
  const abort = new AbortController();
  const run = createSherpaEngine({ modelDir: folder, worker: endless }).synthesise({ ...request(), signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
});

test('its talk is no result, and what it wrote is there', async () => {
  const code = `import { writeFileSync } from 'node:fs'; console.log('loading {model}'); writeFileSync('/dev/fd/4', 'RIFF'); console.log('{"ok":true}');`;
  await createSherpaEngine({ modelDir: folder, worker: await worker('good.mjs', code) }).synthesise(request());
  expect(await readFile(join(folder, 'speech.wav'), 'utf8')).toBe('RIFF');
});

test('without the package it says what to install', async () => {
  await expect(createSherpaEngine({ modelDir: folder }).synthesise(request())).rejects.toMatchObject({ code: 'speech.package_missing' });
});

describe('a model that takes the voice over', () => {
  let dataDir: string;
  let confinement: Confinement;
  const isConfined = (): boolean => confinement.namespace || confinement.landlock;

  beforeAll(async () => {
    dataDir = join(makeScratchFolder('sherpa-data'), 'data');
    await mkdir(join(dataDir, 'tls'), { recursive: true });
    await writeFile(join(dataDir, 'tls/authority.pem'), 'the key', { mode: 0o400 });
    await mkdir(join(dataDir, 'voice'));
    for (const name of ['model.onnx', 'tokens.txt']) await writeFile(join(dataDir, 'voice', name), 'a model');
    confinement = await confineTools(dataDir);
  }, 60_000);

  /** What the worker reads of each of these, beside what it needs itself. */
  async function readBy(modelDir: string, paths: readonly string[]): Promise<unknown> {
    const code = `import { readFileSync, writeFileSync } from 'node:fs';
      import '${join(import.meta.dirname, '../../../controller/errors.ts')}';
      const read = ${JSON.stringify(paths)}.map((path) => { try { return readFileSync(path, 'utf8'); } catch { return null; } });
      writeFileSync('/dev/fd/4', JSON.stringify(read)); console.log('{"ok":true}');`;
    const path = await worker('curious.mjs', code);
    await createSherpaEngine({ modelDir, worker: path }).synthesise(request());
    return JSON.parse(await readFile(join(folder, 'speech.wav'), 'utf8'));
  }

  test('reads the model, and no key of the commune, whoever the controller is', async () => {
    const key = join(dataDir, 'tls/authority.pem');
    const [model, ...rest] = (await readBy(folder, [join(folder, 'model.onnx'), key, `/proc/${process.pid}/root${key}`])) as unknown[];
    expect(model).toBe('');
    if (isConfined()) expect(rest).toEqual([null, null]);
    // In a machine that has neither, the console says so.
    else expect(rest[0]).toBe('the key');
  });

  test('nor where the model lies in the data directory itself', async () => {
    if (!confinement.landlock) return;
    const voice = join(dataDir, 'voice');
    expect(await readBy(voice, [join(voice, 'model.onnx'), join(dataDir, 'tls/authority.pem')])).toEqual(['a model', null]);
  });
});
