import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
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
