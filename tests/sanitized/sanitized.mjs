// SPDX-License-Identifier: MIT
//
// npm run sanitized: the tests of the engine, the library and the command line in Node, on two other builds of the
// WebAssembly: one with address and undefined-behaviour sanitizers, and the released code with every load and store
// checked to be within the heap (Emscripten's SAFE_HEAP; address sanitizer sees no further than C).

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensure, main, root, SetupError } from '../../src/deps/setup.mjs';
import { build } from '../../web/scripts/build.mjs';

/** The modules, and what each has to say of the fault below. */
const modules = {
  'build/sanitized/emovox.wasm': /AddressSanitizer: heap-buffer-overflow.*A sanitizer found something/s,
  'build/wasm/emovox_safe_heap.wasm': /A load or store outside of the heap/,
};
const suites = ['engine', 'model', 'node', 'command'].map((name) => `tests/node/${name}.test.js`);

/** Reads a byte more than there is, then beyond the heap: the released module does so without a word. */
const fault = `
  import { readFileSync } from 'node:fs';
  import { Engine } from './web/lib/engine.js';
  const engine = await Engine.load(readFileSync('build/wasm/emovox.wasm'));
  const { malloc, emovox_model_create } = engine.exports;
  emovox_model_create(malloc(16), 17, malloc(4));
  emovox_model_create(engine.memoryBytes - 64, 16, malloc(4));
`;

/** @param {string[]} args @param {Record<string, string>} [env] @param {'pipe' | 'inherit'} [stdio] */
const node = (args, env = {}, stdio = 'pipe') =>
  spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio, env: { ...process.env, ...env } });

await main(async () => {
  await ensure({ native: true, sanitized: true });
  await build();
  const program = ['--input-type=module', '--eval', fault];
  if (node(program).status !== 0) throw new SetupError('The released module does not let the fault pass.');
  for (const [module, finding] of Object.entries(modules)) {
    const env = {
      EMOVOX_SANITIZED: path.join(root, module),
      NODE_OPTIONS: `--import=${path.join(root, 'tests/sanitized/replace.mjs')}`,
    };
    const { status, stderr } = node(program, env);
    if (status === 0 || !finding.test(stderr)) throw new SetupError(`${module} misses a fault:\n${stderr}`);
    console.log(`\n== ${module} ==`);
    if (node(['--test', '--test-concurrency=2', ...suites], env, 'inherit').status !== 0) process.exitCode = 1;
  }
});
