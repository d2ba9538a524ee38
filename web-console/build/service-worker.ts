import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';

/**
 * Emits `/service-worker.js` from pwa/service-worker.js with the list of files to precache. Fonts for desktops and the media library
 * of the microphone are left out: they are fetched when first needed.
 */
export function serviceWorker(): Plugin {
  const source = path.resolve(import.meta.dirname, '../pwa/service-worker.js');
  return {
    name: 'loa-xa:service-worker',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle)
        .filter((file) => /\.(?:js|css)$/.test(file.fileName))
        .filter((file) => file.type !== 'chunk' || !file.moduleIds.some((id) => id.includes('mediasoup-client')))
        .map((file) => `/${file.fileName}`)
        .sort();
      const shell = ['/', '/icon.svg', '/manifest.webmanifest', ...files];
      const version = createHash('sha256').update(shell.join('\n')).digest('hex').slice(0, 12);
      const code = readFileSync(source, 'utf8').replace('__VERSION__', version).replace("'__SHELL__'", JSON.stringify(shell));
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: code });
    },
  };
}
