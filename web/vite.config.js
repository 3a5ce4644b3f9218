// SPDX-License-Identifier: MIT

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: path('./app'),
  base: './', // works in any folder of any server
  resolve: { alias: { emovox: path('../dist/lib/emovox.js') } }, // the page uses the package as published
  worker: { format: 'es' },
  build: {
    outDir: path('../dist/site'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: URL would break the content security policy
    modulePreload: { polyfill: false },
  },
});
