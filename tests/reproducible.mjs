// SPDX-License-Identifier: MIT
//
// npm run reproducible: the same sources, built by the same tools in two different folders, give the same WebAssembly,
// bit for bit, and the same as build/wasm holds.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensure, main, root, SetupError } from '../src/deps/setup.mjs';

const folders = ['a', 'another/folder'];
const sources = ['CMakeLists.txt', 'CMakePresets.json', 'include', 'src', 'tests/bench', 'tests/fuzz'];

const digest = (/** @type {string} */ file) => createHash('sha256').update(readFileSync(file)).digest('hex');

await main(async () => {
  await ensure({ wasm: true });
  const deps = process.env.EMOVOX_DEPS ?? path.join(root, 'build/deps');
  const place = mkdtempSync(path.join(tmpdir(), 'emovox-'));
  try {
    const digests = folders.map((name) => {
      const folder = path.join(place, name);
      mkdirSync(folder, { recursive: true });
      for (const source of sources) cpSync(path.join(root, source), path.join(folder, source), { recursive: true });
      cpSync(deps, path.join(folder, 'build/deps'), { recursive: true, dereference: true }); // paths of these must not matter either
      const options = {
        cwd: folder,
        stdio: /** @type {const} */ ('ignore'),
        env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
      };
      execFileSync('emcmake', ['cmake', '--preset', 'wasm'], options);
      execFileSync('cmake', ['--build', '--preset', 'wasm', '--target', 'emovox_wasm'], options);
      return digest(path.join(folder, 'build/wasm/emovox.wasm'));
    });
    digests.push(digest(path.join(root, 'build/wasm/emovox.wasm')));
    for (const sum of digests) console.log(sum);
    if (new Set(digests).size > 1) throw new SetupError('The builds differ.');
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
