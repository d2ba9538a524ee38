import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { errorText, type Words } from '../errors.ts';
import type { ScheduleProblem } from '../protocol/schedules.ts';
import { storableValue } from '../store/storable.ts';

const FILE_BYTES_MAX = 1_000_000;
const englishWords = z.locales.en().localeError;
const vietnameseWords = z.locales.vi().localeError;

/** A YAML file that could be read, with the way back from a value to its line. */
export interface YamlFile {
  name: string;
  value: unknown;
  /** Line of the value at this path, or of the nearest one around it; 1 is the first. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

/** Names of the YAML files in a folder, sorted; or why it can't be read: there is none, it is a file, it belongs to somebody else. */
export async function listYamlFiles(folder: string): Promise<{ names: string[] } | { unreadable: string }> {
  try {
    const names = await readdir(folder);
    return { names: names.filter((name) => /\.ya?ml$/.test(name)).sort() };
  } catch (error) {
    return { unreadable: errorText(error) };
  }
}

/** Reads one file. What is wrong with it comes back as problems, never as an exception. */
export async function readYamlFile(folder: string, name: string): Promise<{ file: YamlFile } | { problems: ScheduleProblem[] }> {
  let text: string;
  try {
    const found = await stat(join(folder, name));
    // Opening a pipe waits for whoever writes into it.
    if (!found.isFile()) return { problems: [problem(name, null, { vi: 'không phải là tệp thường', en: 'it is not a plain file' })] };
    const { size } = found;
    if (size > FILE_BYTES_MAX)
      return { problems: [problem(name, null, { vi: 'tệp quá lớn (tối đa 1 MB)', en: 'the file is too large (1 MB at most)' })] };
    text = await readFile(join(folder, name), 'utf8');
  } catch (error) {
    return { problems: [problem(name, null, { vi: `không đọc được: ${errorText(error)}`, en: `can’t be read: ${errorText(error)}` })] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) =>
        problem(name, lines.linePos(error.pos[0]).line, {
          vi: `sai cú pháp YAML: ${error.message}`,
          en: `not valid YAML: ${error.message}`,
        }),
      ),
    };
  }
  try {
    return { file: { name, value: storableValue(document.toJS({ maxAliasCount: 50 })), lineOf: (path) => lineOf(document, lines, path) } };
  } catch (error) {
    return { problems: [problem(name, null, { vi: `sai cú pháp YAML: ${errorText(error)}`, en: `not valid YAML: ${errorText(error)}` })] };
  }
}

/** Checks a part of a file against its schema. `path` is where the part lies in the file. */
export function checkPart<Schema extends z.ZodType>(
  schema: Schema,
  file: YamlFile,
  path: readonly PropertyKey[],
  value: unknown,
): { part: z.output<Schema> } | { problems: ScheduleProblem[] } {
  const result = schema.safeParse(value, { error: englishWords });
  if (result.success) return { part: result.data };
  const vietnamese = schema.safeParse(value, { error: vietnameseWords }).error?.issues ?? [];
  return {
    problems: result.error.issues.map((issue, index) => {
      const fullPath = [...path, ...issue.path];
      const where = fullPath.length > 0 ? `${dotted(fullPath)}: ` : '';
      const words = { vi: `${where}${vietnamese[index]?.message ?? issue.message}`, en: `${where}${issue.message}` };
      return problem(file.name, file.lineOf(fullPath), words);
    }),
  };
}

/** "sang.yaml:12: ...", in both languages. */
export function problem(file: string, line: number | null, words: Words): ScheduleProblem {
  const place = line === null ? file : `${file}:${line}`;
  return { file, line, vi: `${place}: ${words.vi}`, en: `${place}: ${words.en}` };
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length) as unknown[], true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}
