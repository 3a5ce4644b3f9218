// SPDX-License-Identifier: MIT
//
// What the bench needs beyond the library: modules with stopwatch and names, the peers, our weights as ONNX.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { ensure, root, run } from '../../src/deps/setup.mjs';
import { build } from '../../web/scripts/build.mjs';

export const folder = path.join(root, 'build/bench');
export const python = path.join(folder, 'venv/bin/python');
export const models = ['small', 'large'];

const ort = 'node_modules/onnxruntime-web/dist';
const tfjs = 'node_modules/@tensorflow';
/** What a page with `small` has to fetch. */
export const peerFiles = {
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
/** Their sizes, which take half a minute to find: [name, sizes] each. */
export const peerSizes = path.join(folder, 'peers.json');

const train = (name) => path.join(root, 'model/train', name);
const requirements = [path.join(root, 'tests/bench/requirements.txt'), train('requirements.txt')];

/**
 * @param {string[]} files in the repository, compressed one by one as servers do
 * @returns {{raw: number, gzip: number, brotli: number}} bytes
 */
export function sizes(files) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const content = readFileSync(path.join(root, file));
    total.raw += content.length;
    total.gzip += gzipSync(content, { level: 9 }).length;
    total.brotli += brotliCompressSync(content).length;
  }
  return total;
}

/** Does a task unless it was done with the same files. */
function once(name, files, task) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const digest = hash.digest('hex');
  const stamp = path.join(folder, `${name}.stamp`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error(`Making build/bench/${name} …`);
  task();
  writeFileSync(stamp, digest);
}

export async function prepare() {
  await build(); // npm and wasm
  await ensure({ native: true, chromium: true, bench: true });
  mkdirSync(folder, { recursive: true });
  once('venv', requirements, () => {
    run('python3', ['-m', 'venv', '--clear', path.join(folder, 'venv')], { quiet: true });
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements[0]], { quiet: true });
  });
  for (const model of models) {
    const weights = path.join(root, `model/emovox-${model}.safetensors`);
    const output = path.join(folder, `emovox-${model}.onnx`);
    once(`emovox-${model}.onnx`, [weights, ...['to_onnx.py', 'network.py', 'export.py'].map(train)], () =>
      run(python, [train('to_onnx.py'), weights, output], { quiet: true }),
    );
  }
  const lock = path.join(root, 'package-lock.json');
  once('peers.json', [lock, path.join(folder, 'emovox-small.onnx')], () =>
    writeFileSync(peerSizes, JSON.stringify(Object.entries(peerFiles).map(([name, files]) => [name, sizes(files)]))),
  );
}
