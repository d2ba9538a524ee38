import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterRowsOf, hamletRowsOf } from '../../../controller/inventory/commune-rows.ts';
import { resolveTargets } from '../../../controller/inventory/targets.ts';
import { readCommuneFile } from '../../../controller/schedules/index.ts';
import { loadScheduleFiles } from '../../../controller/schedules/schedule-files.ts';
import { fileSchemas } from '../../../controller/schedules/write-schemas.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const SCHEDULES = new URL('../../../schedules', import.meta.url).pathname;
const from = (folder: string, subfolders: string[] = ['']) => ({ folder, subfolders, timeZone: 'Asia/Ho_Chi_Minh' });

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = makeScratchFolder('schedules');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe('the files that come with the project', () => {
  it('the JSON schemas are those of the definitions (npm run schemas writes them)', () => {
    for (const { path, text } of fileSchemas()) expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it.each(readdirSync(join(SCHEDULES, 'examples')))('the example %s is without fault, and its places exist', async (name) => {
    const commune = await readCommuneFile(join(SCHEDULES, 'examples', name, 'commune.yaml'));
    const hamlets = hamletRowsOf(commune);
    const clusters = clusterRowsOf(commune);
    const folder = await folderWith({ 'schedules.yaml': readFileSync(join(SCHEDULES, 'examples', name, 'schedules.yaml'), 'utf8') });
    const loaded = await loadScheduleFiles(from(folder));
    const byHamletId = new Map(hamlets.map((hamlet) => [hamlet.hamletId, hamlet]));
    const byClusterId = new Map(clusters.map((cluster) => [cluster.clusterId, cluster]));
    for (const { definition } of loaded.schedules) resolveTargets(definition.targets, byHamletId, byClusterId);
    expect(loaded.problems).toEqual([]);
    expect(loaded.schedules.length).toBeGreaterThan(0);
    expect({ 'dai-phuoc': 15, 'tan-hung': 25, 'phuoc-tan': 8, 'nhon-trach': 12 }[name]).toBe(hamlets.length);
  });

  it('the demo has 15 hamlets, 60 IP clusters with a speaker each, and schedules whose texts are there', async () => {
    const commune = await readCommuneFile(join(SCHEDULES, 'demo/commune.yaml'));
    const clusters = commune.hamlets.flatMap((hamlet) => hamlet.clusters);
    expect(commune.hamlets).toHaveLength(15);
    expect(clusters.filter((cluster) => cluster.kind === 'ip')).toHaveLength(60);
    expect(new Set(clusters.map((cluster) => cluster.speaker)).size).toBe(60);
    const loaded = await loadScheduleFiles(from(SCHEDULES, ['', 'demo/schedules']));
    expect(loaded.problems).toEqual([]);
    for (const { definition } of loaded.schedules) {
      if (definition.content.kind === 'bulletinFile')
        expect(readFileSync(join(SCHEDULES, definition.content.file), 'utf8').length).toBeGreaterThan(100);
    }
  });

  it('every YAML file names its schema for the editor, and the path leads there', () => {
    for (const name of readdirSync(SCHEDULES, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'))) {
      const schema = /^# yaml-language-server: \$schema=(\S+)/.exec(readFileSync(join(SCHEDULES, name), 'utf8'))?.[1] ?? '';
      expect(readFileSync(join(SCHEDULES, name, '..', schema), 'utf8')).toContain('json-schema.org');
    }
  });
});

describe('a file with a fault', () => {
  const GOOD = `schedules:
  - id: tot
    name: Tốt
    dailyTimes: ["05:00"]
    content: { kind: relay, url: "https://example.org/a", durationMs: 60000 }
`;

  it('is told by file and line in both languages, and the rest still loads', async () => {
    const folder = await folderWith({
      'a-sai-gio.yaml': `schedules:
  - id: sai-gio
    name: Sai giờ
    dailyTimes: ["25:00"]
    content: { kind: relay, url: "https://example.org/a", durationMs: 60000 }
  - id: van-tot
    name: Vẫn tốt
    dailyTimes: ["06:00"]
    content: { kind: relay, url: "https://example.org/a", durationMs: 60000 }
`,
      'b-khong-phai-yaml.yaml': 'schedules: [1, 2\nfoo: {',
      'c-quy-tac.yaml': `schedules:
  - id: quy-tac
    name: Quy tắc sai
    content: { kind: relay, url: "https://example.org/a", durationMs: 60000 }
    rrule: FREQ=DAILY;BYHOUR=99
`,
      'd-trung.yaml': GOOD,
      'e-trung.yaml': GOOD,
      'f-thua.yaml': `schedules:\n  - id: thua\n    name: Thừa\n    dailyTimes: ["05:00"]\n    contents: 1\n`,
      'g-rong.yaml': '',
      'doc.txt': 'not a schedule',
    });
    const loaded = await loadScheduleFiles(from(folder));
    expect(loaded.schedules.map((one) => one.definition.id)).toEqual(['van-tot', 'tot']);
    const told = loaded.problems.map((problem) => problem.en);
    expect(told[0]).toContain('a-sai-gio.yaml:4: schedules[0].dailyTimes[0]: HH:MM');
    expect(told.find((text) => text.startsWith('b-khong-phai-yaml.yaml:'))).toContain('not valid YAML');
    expect(told).toContainEqual('c-quy-tac.yaml:5: The recurrence rule is not valid at “BYHOUR=99” (RFC 5545).');
    expect(told).toContainEqual('e-trung.yaml:2: the schedule id “tot” is already in d-trung.yaml');
    expect(told.filter((text) => text.startsWith('f-thua.yaml:')).join('\n')).toMatch(/content: .*\n.*Unrecognized key: "contents"/);
    expect(loaded.problems.find((problem) => problem.file === 'c-quy-tac.yaml')?.vi).toContain('Quy tắc lặp không hợp lệ');
    expect(loaded.problems.find((problem) => problem.file === 'g-rong.yaml')).toBeDefined();
    expect(loaded.faultyFiles.has('d-trung.yaml')).toBe(false);
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'a\\b'])('a file reference cannot leave the folder: %s', async (file) => {
    const folder = await folderWith({
      'a.yaml': `schedules:\n  - id: a\n    name: A\n    dailyTimes: ["05:00"]\n    content: { kind: bulletinFile, file: ${JSON.stringify(file)} }\n`,
    });
    expect((await loadScheduleFiles(from(folder))).problems[0]?.en).toContain('a.yaml:5');
  });

  it('an empty folder is no fault; one that can’t be read is named, whatever is the matter with it', async () => {
    expect(await loadScheduleFiles(from(makeScratchFolder('schedules')))).toMatchObject({ problems: [], missingFolders: new Map() });
    const file = join(makeScratchFolder('schedules'), 'file');
    writeFileSync(file, '');
    for (const folder of ['/nowhere/at/all', file]) {
      const { schedules, problems, missingFolders } = await loadScheduleFiles(from(folder));
      expect([schedules, problems]).toEqual([[], []]);
      expect(missingFolders.get('.')?.en).toContain(`${folder}`);
    }
  });

  it('what is no file is not opened: a pipe would be waited for without end', async () => {
    const folder = makeScratchFolder('schedules');
    execFileSync('mkfifo', [join(folder, 'a.yaml')]);
    mkdirSync(join(folder, 'b.yaml'));
    expect((await loadScheduleFiles(from(folder))).problems.map(({ en }) => en)).toEqual([
      'a.yaml: it is not a plain file',
      'b.yaml: it is not a plain file',
    ]);
  });
});
