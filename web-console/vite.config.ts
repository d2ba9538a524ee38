import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { precompress } from './build/precompress.ts';
import { serviceWorker } from './build/service-worker.ts';
import { tokensCss, toneClassesCss } from './design/tokens-css.ts';

/** `import 'virtual:tokens.css'`: the design tokens as CSS variables. */
function tokens(): Plugin {
  const name = 'virtual:tokens.css';
  return {
    name: 'loa-xa:tokens',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? `${tokensCss()}\n${toneClassesCss()}` : undefined),
  };
}

/** Of the path below the console, so that every machine builds the same. */
function markOf(file: string): string {
  const [path] = relative(import.meta.dirname, file).split('?');
  return createHash('sha256')
    .update(path ?? '')
    .digest('base64url')
    .slice(0, 3);
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tokens(), serviceWorker(), precompress()],
  // A name and its file's mark: no line numbers, which every page would pay for.
  css: { modules: { generateScopedName: (name, file) => `${name}-${markOf(file)}` } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome111', 'firefox115', 'safari16.4'],
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page stands on is one file; a hundred small ones would cost a phone more in round trips than in bytes.
          groups: [
            { name: 'mantine', test: /node_modules[\\/]@mantine/, priority: 1 },
            { name: 'libraries', test: /node_modules[\\/](?:react|react-dom|scheduler|@tanstack)[\\/]/, priority: 2 },
            {
              name: 'shell',
              test: /web-console[\\/](?:app|api|design|formats|live)[\\/](?!office|hold|confirm|leave|preview|field|level-meter|language|day-words|state-bar|age|evidence|bulletins|speakers|use-settled|tokens|select|row-disclosure|user-accounts)/,
              minShareCount: 2,
            },
            { name: 'icons', test: /node_modules[\\/]@tabler/, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1' },
});
