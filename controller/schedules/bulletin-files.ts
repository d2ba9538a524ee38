import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, normalize, sep } from 'node:path';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Store, schema } from '../store/index.ts';

/** The part of programmes/ that makes bulletins from files. */
export interface BulletinMaker {
  createFromText(
    request: { title: string; text: string; class: 'normal'; topic: string; language: string; draft: boolean },
    createdBy: string | null,
  ): Promise<{ bulletinId: string }>;
  createFromFile(
    fields: { title: string; class: 'normal'; topic: string; language: string; origin: 'upload' },
    path: string,
    createdBy: string | null,
  ): Promise<{ bulletinId: string }>;
  /** undefined: there is no such bulletin any more. */
  bulletin(bulletinId: string): Promise<object | undefined>;
}

const SETTING = 'schedules.bulletin-files';
const TEXT_BYTES_MAX = 200_000;
const known = z.record(z.string(), z.object({ sha256: z.string(), bulletinId: z.string() }));

/** Bulletins made from files beside the schedules: each file once, again when it changed or when its bulletin was deleted. */
export class BulletinFiles {
  #deps: { store: Store; programmes: BulletinMaker; folder: string };
  #making = new Map<string, Promise<string>>();
  #fingerprints = new Map<string, { version: string; sha256: string }>();

  constructor(deps: { store: Store; programmes: BulletinMaker; folder: string }) {
    this.#deps = deps;
  }

  /** The bulletin of the file; made when there is none, then it is still being processed. @throws AppError schedule.no_file */
  bulletinId(file: string): Promise<string> {
    const underWay = this.#making.get(file);
    if (underWay) return underWay;
    const making = this.#find(file).finally(() => this.#making.delete(file));
    this.#making.set(file, making);
    return making;
  }

  async #find(file: string): Promise<string> {
    const { programmes } = this.#deps;
    const path = await this.#locate(file);
    const sha256 = await this.#fingerprint(path);
    const before = (await this.#read())[file];
    if (before?.sha256 === sha256 && (await programmes.bulletin(before.bulletinId))) return before.bulletinId;
    const fields = { class: 'normal', topic: '', language: 'vi' } as const;
    const made = /^\.(txt|md)$/.test(extname(path))
      ? await programmes.createFromText({ ...fields, ...titleAndText(await readFile(path, 'utf8'), file), draft: false }, null)
      : await programmes.createFromFile({ ...fields, title: basename(file, extname(file)), origin: 'upload' }, path, null);
    await this.#remember(file, { sha256, bulletinId: made.bulletinId });
    return made.bulletinId;
  }

  /** Read piece by piece, and only when the file has changed: sound may be hundreds of megabytes, and planning asks every minute. */
  async #fingerprint(path: string): Promise<string> {
    const { mtimeMs, size, ino } = await stat(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    const known = this.#fingerprints.get(path);
    if (known?.version === version) return known.sha256;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    const sha256 = hash.digest('hex');
    this.#fingerprints.set(path, { version, sha256 });
    return sha256;
  }

  async #locate(file: string): Promise<string> {
    const root = normalize(this.#deps.folder) + sep;
    try {
      const path = await realpath(join(root, file));
      const found = await stat(path);
      const isInside = path.startsWith((await realpath(root)) + sep);
      const isSmall = !/^\.(txt|md)$/.test(extname(path)) || found.size <= TEXT_BYTES_MAX;
      if (found.isFile() && isInside && isSmall) return path;
    } catch {
      // Told below, with what can be done about it.
    }
    throw new AppError({
      code: 'schedule.no_file',
      status: 422,
      words: { vi: `Không có tệp “${file}” trong thư mục lịch phát.`, en: `There is no file “${file}” in the schedules folder.` },
      details: { file },
    });
  }

  async #read(): Promise<z.infer<typeof known>> {
    const [row] = await this.#deps.store.db.select().from(schema.settings).where(eq(schema.settings.key, SETTING));
    return known.catch({}).parse(row?.value);
  }

  async #remember(file: string, entry: { sha256: string; bulletinId: string }): Promise<void> {
    const { db } = this.#deps.store;
    await db.transaction(async (tx) => {
      const [row] = await tx.select().from(schema.settings).where(eq(schema.settings.key, SETTING)).for('update');
      const value = { ...known.catch({}).parse(row?.value), [file]: entry };
      await tx.insert(schema.settings).values({ key: SETTING, value }).onConflictDoUpdate({ target: schema.settings.key, set: { value } });
    });
  }
}

/** The first line is the title (a leading # is taken off), the rest is spoken. */
function titleAndText(content: string, file: string): { title: string; text: string } {
  const [first = '', ...rest] = content.normalize('NFC').trim().split('\n');
  const title = first
    .replace(/^#+\s*/, '')
    .trim()
    .slice(0, 200);
  const text = rest.join('\n').trim();
  return { title: title === '' ? basename(file, extname(file)) : title, text: text === '' ? title : text };
}
