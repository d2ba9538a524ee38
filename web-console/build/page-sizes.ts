import { readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';

interface ManifestEntry {
  file: string;
  css?: string[];
  imports?: string[];
}

/**
 * Bytes of script and style, brotli, that a browser fetches before a page is drawn: the entry, the language and the page, each with
 * what it imports. From a finished build's manifest.
 */
export function pageSizeBytes(distDir: string, pageModule: string, language = 'i18n/vi.ts'): number {
  const manifest = JSON.parse(readFileSync(path.join(distDir, '.vite/manifest.json'), 'utf8')) as Record<string, ManifestEntry>;
  const files = new Set<string>();
  const visit = (key: string): void => {
    const entry = manifest[key];
    if (!entry) throw new Error(`${key} is not in the build's manifest`);
    if (files.has(entry.file)) return;
    files.add(entry.file);
    for (const css of entry.css ?? []) files.add(css);
    for (const imported of entry.imports ?? []) visit(imported);
  };
  for (const key of ['index.html', language, pageModule]) visit(key);
  return [...files].reduce((sum, file) => sum + brotliCompressSync(readFileSync(path.join(distDir, file))).length, 0);
}
