// SPDX-License-Identifier: MIT

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { pagePolicyMeta } from './scripts/policy.mjs';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {string} name of a model: what the page knows about its file before it is fetched */
function facts(name) {
  const bytes = readFileSync(path(`../dist/lib/models/emovox-${name}.safetensors`));
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** @type {import('vite').Plugin} */
const policy = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicyMeta() },
      injectTo: 'head-prepend',
    },
  ],
};

/** The icon again, under the name that the manifest gives it. @type {import('vite').Plugin} */
const manifestIcon = {
  name: 'manifest-icon',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'icons/icon.svg', source: readFileSync(path('./app/icon.svg')) });
  },
};

export default defineConfig({
  root: path('./app'),
  base: './', // works in any folder of any server
  resolve: { alias: { emovox: path('../dist/lib/emovox.js') } }, // the page uses the package as published
  define: { EMOVOX_MODELS: JSON.stringify({ small: facts('small'), large: facts('large') }) },
  plugins: [policy, manifestIcon],
  worker: { format: 'es' },
  build: {
    outDir: path('../dist/site'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: URL would break the content security policy
    modulePreload: { polyfill: false },
  },
});
