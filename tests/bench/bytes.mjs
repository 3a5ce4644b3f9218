// SPDX-License-Identifier: MIT
//
// What has to be fetched, file by file as servers compress it.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { root } from '../../src/deps/setup.mjs';
import { folder, models } from './setup.mjs';
import { digits } from './table.mjs';

const ort = 'tests/bench/node_modules/onnxruntime-web/dist';
const tfjs = 'tests/bench/node_modules/@tensorflow';
/** For a page with `small`. */
const peers = {
  'onnxruntime-web': [
    `${ort}/ort.wasm.min.js`,
    `${ort}/ort-wasm-simd-threaded.mjs`,
    `${ort}/ort-wasm-simd-threaded.wasm`,
    'build/bench/emovox-small.onnx',
  ],
  'tfjs-wasm': [
    `${tfjs}/tfjs-core/dist/tf-core.min.js`,
    `${tfjs}/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`,
    `${tfjs}/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm`,
    'model/emovox-small.safetensors',
  ],
};

/** Brotli takes half a minute for all: files are compressed once, and known by their contents. */
const cacheFile = path.join(folder, 'sizes.json');

/**
 * @param {string} file in the repository
 * @param {Record<string, {raw: number, gzip: number, brotli: number}>} cache
 */
function size(file, cache) {
  const content = readFileSync(path.join(root, file));
  const digest = createHash('sha256').update(content).digest('hex');
  cache[digest] ??= {
    raw: content.length,
    gzip: gzipSync(content, { level: 9 }).length,
    brotli: brotliCompressSync(content).length,
  };
  return cache[digest];
}

/**
 * @param {Record<string, Set<string>>} requests what the start of each model has fetched
 * @returns {import('./table.mjs').Row[]}
 */
export function bytes(requests) {
  const cache = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {};
  const row = (name, files, base) => {
    const all = { raw: 0, gzip: 0, brotli: 0 };
    for (const file of files) for (const [form, count] of Object.entries(size(file, cache))) all[form] += count;
    const names = files.map((file) => path.basename(file)).join(', ');
    const note = `raw ${digits(all.raw / 1000)}, gzip ${digits(all.gzip / 1000)}: ${names}`;
    return { section: 'bytes, brotli', name, unit: 'kB', values: [all.brotli / 1000], base, bytes: all, note };
  };
  const fetched = (model, ending) => [...requests[model]].filter((file) => file.endsWith(ending)).sort();
  const isDecoder = (file) => path.basename(file) === 'decode.js';
  const [decoder, library] = [true, false].map((kind) => fetched('small', '.js').filter((f) => isDecoder(f) === kind));
  const whole = row('whole first load, small', fetched('small', ''));
  const rows = [
    row('wasm', fetched('small', '.wasm')),
    row('JavaScript library', library),
    row('decoder of files, loaded beside the weights', decoder),
    ...models.map((model) => row(`weights, ${model}`, fetched(model, '.safetensors'))),
    row('whole first load, large', fetched('large', '')),
    whole,
    ...Object.entries(peers).map(([name, files]) => row(`the same with ${name}`, files, whole.values)),
  ];
  writeFileSync(cacheFile, JSON.stringify(cache));
  return rows;
}
