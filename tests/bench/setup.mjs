// SPDX-License-Identifier: MIT
//
// What the bench needs beyond the library: modules with stopwatch and names, the peers, our weights as ONNX.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensure, installNpm, relaxedWasm, root, run } from '../../src/deps/setup.mjs';
import { build } from '../../web/scripts/build.mjs';

export const folder = path.join(root, 'build/bench');
export const python = path.join(folder, 'venv/bin/python');
export const models = ['small', 'large'];

/** The module that Chromium loads, and where it and those of the bench were built. */
export const wasm = () =>
  existsSync(relaxedWasm)
    ? { name: 'emovox-relaxed.wasm', build: 'build/relaxed' }
    : { name: 'emovox.wasm', build: 'build/wasm' };

const train = (name) => path.join(root, 'model/train', name);
const requirements = [path.join(root, 'tests/bench/requirements.txt'), train('requirements.txt')];

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
  installNpm(path.join(root, 'tests/bench'));
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
}
