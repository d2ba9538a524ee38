import { describe, expect, it } from 'vitest';
import { resolveImport, type SourceFile, sourceFiles } from './source-tree.ts';

const controller = sourceFiles('controller');
const simulator = sourceFiles('speaker-firmware-sim');
const webConsole = sourceFiles('web-console');
const all = [...controller, ...simulator, ...webConsole];

/** Folders of the controller whose every file may be imported by every slice. */
const OPEN = ['protocol', 'store', 'telemetry', 'processes'];
const OPEN_FILES = [
  'controller/address-block.ts',
  'controller/clock.ts',
  'controller/errors.ts',
  'controller/events.ts',
  'controller/config.ts',
  'controller/http/route.ts',
  'controller/turns.ts',
];

function slice(file: string): string | undefined {
  return /^controller\/([^/]+)\//.exec(file)?.[1];
}

function offenders(files: SourceFile[], wrong: (file: SourceFile, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((specifier) => wrong(file, specifier)).map((specifier) => `${file.file} imports ${specifier}`),
  );
}

describe('the tree', () => {
  it('has source files to judge', () => {
    expect(controller.length).toBeGreaterThan(40);
    expect(simulator.length).toBeGreaterThan(10);
    expect(webConsole.length).toBeGreaterThan(10);
  });

  it.each([
    ['bullmq', ['controller/jobs/']],
    ['ioredis', ['controller/jobs/']],
    ['mediasoup', ['controller/distribution/']],
    ['fluent-ffmpeg', ['controller/media/']],
    ['pg', ['controller/store/']],
  ])('%s is imported in one folder', (name, folders) => {
    const importers = all.filter((file) => file.imports.some((specifier) => specifier === name || specifier.startsWith(`${name}/`)));
    expect(importers.length, `${name} is imported nowhere`).toBeGreaterThan(0);
    expect(importers.map((file) => file.file).filter((file) => !folders.some((folder) => file.startsWith(folder)))).toEqual([]);
  });

  it('lets the simulator and the console see only the protocol', () => {
    const wrong = offenders([...simulator, ...webConsole], (file, specifier) => {
      const target = resolveImport(file.file, specifier);
      return target?.startsWith('controller/') === true && !target.startsWith('controller/protocol/');
    });
    expect(wrong).toEqual([]);
  });

  it('lets nothing but main import the composition root', () => {
    const wrong = offenders(
      controller.filter((file) => file.file !== 'controller/main.ts'),
      (file, specifier) => resolveImport(file.file, specifier) === 'controller/app.ts',
    );
    expect(wrong).toEqual([]);
  });

  it('lets slices meet only at their index, at seams (type imports) and at the open folders', () => {
    const wrong = controller
      .filter((file) => slice(file.file) !== undefined)
      .flatMap((file) => {
        const valueImports = [...file.text.matchAll(/(?:^|\n)import\s+(?!type\s)[^'";]*?from\s*['"]([^'"]+)['"]/g)].map(
          (match) => match[1] ?? '',
        );
        return valueImports
          .map((specifier) => resolveImport(file.file, specifier))
          .filter((target): target is string => target?.startsWith('controller/') === true)
          .filter((target) => slice(target) !== slice(file.file))
          .filter((target) => !OPEN_FILES.includes(target) && !OPEN.includes(slice(target) ?? ''))
          .filter((target) => !/^controller\/[^/]+\/index\.ts$/.test(target))
          .map((target) => `${file.file} reaches into ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  it('keeps the protocol free of the rest of the controller', () => {
    const wrong = offenders(
      controller.filter((file) => file.file.startsWith('controller/protocol/')),
      (file, specifier) => {
        const target = resolveImport(file.file, specifier);
        return target !== undefined && !target.startsWith('controller/protocol/');
      },
    );
    expect(wrong).toEqual([]);
  });

  it('loads Drizzle only after what makes that quick', () => {
    const byName = new Map(controller.map((file) => [file.file, file]));
    const seen = new Set(['controller/main.ts']);
    for (const name of seen) {
      const text = byName.get(name)?.text ?? '';
      for (const [, specifier = ''] of text.matchAll(/(?:^|\n)(?:import|export)\s+(?!type\s)(?:[^'";]*?from\s*)?['"]([^'"]+)['"]/g)) {
        expect(specifier, `${name}, which main.ts imports before it runs`).not.toMatch(/^drizzle-orm/);
        const target = resolveImport(name, specifier);
        if (target !== undefined) seen.add(target);
      }
    }
    expect([...seen]).toContain('controller/quick-modules.ts');
  });

  it('reads time and sets timers only in the clocks', () => {
    const clocks = ['controller/clock.ts', 'speaker-firmware-sim/clock.ts'];
    const wrong = [...controller, ...simulator]
      .filter((file) => !clocks.includes(file.file))
      .filter((file) =>
        /\bDate\.now\s*\(|\bnew Date\s*\(\s*\)|\bperformance\.now\s*\(|\b(?:setTimeout|setInterval|setImmediate)\s*\(|hrtime/.test(
          file.code,
        ),
      )
      .map((file) => file.file);
    expect(wrong).toEqual([]);
  });

  it('has no drawer for everything', () => {
    const wrong = all.map((file) => file.file).filter((file) => /(^|\/)(utils?|helpers?|managers?|common|misc)(\/|\.tsx?$)/i.test(file));
    expect(wrong).toEqual([]);
  });

  it('keeps files small', () => {
    const sizes = all
      .filter((file) => !/\.d\.ts$/.test(file.file) && !/\/i18n\//.test(file.file))
      .map((file) => ({ file: file.file, lines: file.text.split('\n').length }))
      .sort((a, b) => a.lines - b.lines);
    const median = sizes[Math.floor(sizes.length / 2)];
    expect(median?.lines).toBeLessThanOrEqual(130);
    expect(sizes.filter((entry) => entry.lines > 400)).toEqual([]);
  });

  it('uses no escape from the types', () => {
    const wrong = all.filter((file) => /@ts-(?:ignore|nocheck)|\bas any\b|:\s*any\b/.test(file.code)).map((file) => file.file);
    expect(wrong).toEqual([]);
  });
});
