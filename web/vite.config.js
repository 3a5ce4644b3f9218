// SPDX-License-Identifier: MIT

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import english from './app/strings/en.js';
import { pagePolicyMeta, waveformMarkup } from './scripts/policy.mjs';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {string} name of a model: what the page knows about its file before it is fetched */
function facts(name) {
  const bytes = readFileSync(path(`../dist/lib/models/emovox-${name}.safetensors`));
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * What the models are worth, as their reports say.
 * @param {'ravdess' | 'nemo' | 'tess'} corpus
 */
function figures(corpus) {
  const of = (/** @type {string} */ name) => {
    const report = JSON.parse(readFileSync(path(`../model/emovox-${name}.report.json`), 'utf8'));
    const { clips, session } = report.corpora[corpus];
    return { uar: clips.uar_forced / 100, adapted: session.uar_forced / 100 };
  };
  return { small: of('small'), large: of('large') };
}

/** Cao et al. 2014: the share of its clips whose emotion the listeners of CREMA-D name from the voice alone. */
const people = 0.409;

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

/** The page's words in English, so that they are there before any script runs. @type {import('vite').Plugin} */
const words = {
  name: 'words',
  transformIndexHtml(html) {
    /** @param {string} key */
    const text = (key) => english[/** @type {'page.title'} */ (key)].replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return html
      .replace(/(data-t="([^"]+)"[^<>]*>)(?=<)/g, (_, tag, key) => tag + text(key))
      .replace(/data-t-label="([^"]+)"/g, (attribute, key) => `${attribute} aria-label="${text(key)}"`);
  },
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
  // The page uses the package as published.
  resolve: { alias: { 'emovox/export': path('../dist/lib/export.js'), emovox: path('../dist/lib/emovox.js') } },
  define: {
    EMOVOX_MODELS: JSON.stringify({ small: facts('small'), large: facts('large') }),
    EMOVOX_WAVEFORM_MARKUP: JSON.stringify(waveformMarkup()),
    EMOVOX_FIGURES: JSON.stringify({
      ravdess: figures('ravdess'),
      nemo: figures('nemo'),
      tess: figures('tess'),
      people,
    }),
  },
  plugins: [policy, words, manifestIcon],
  worker: { format: 'es' },
  build: {
    outDir: path('../dist/site'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: URL would break the content security policy
    modulePreload: { polyfill: false },
  },
});
