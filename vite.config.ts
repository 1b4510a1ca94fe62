import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = fileURLToPath(new URL('dist/console', import.meta.url));

/** The oldest browsers that know light-dark(), which is where the two themes come from. */
const target = ['chrome123', 'firefox120', 'safari17.5'];

/** The console: src/console, built to files that the server serves. Nothing is loaded from elsewhere. */
export default defineConfig({
  root: 'src/console',
  plugins: [react(), precompress()],
  build: { outDir, emptyOutDir: true, target, assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  server: { port: 5173, proxy: { '/graphql': 'http://127.0.0.1:4000' } },
});

/** Writes each text file a second and a third time, compressed, so that no request has to wait for that. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async closeBundle() {
      const assets = join(outDir, 'assets');
      for (const name of await readdir(assets)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const content = await readFile(join(assets, name));
        await writeFile(join(assets, `${name}.br`), await promisify(brotliCompress)(content));
        await writeFile(join(assets, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}
