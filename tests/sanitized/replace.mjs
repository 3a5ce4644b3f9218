// SPDX-License-Identifier: MIT
//
// Loaded before a program (node --import): where it compiles the released WebAssembly, it gets the module that the
// environment names in EMOVOX_SANITIZED instead, with what that needs of its surroundings. What it finds is printed,
// ends the call under way and fails the program, whoever catches it.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeSync } from 'node:fs';

const { compile, instantiate } = WebAssembly;
const digest = (/** @type {BufferSource} */ bytes) =>
  createHash('sha256')
    .update(ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes))
    .digest('hex');

const root = new URL('../../', import.meta.url);
const released = new Set(
  ['build/wasm/emovox.wasm', 'dist/lib/emovox.wasm', 'dist/lib/emovox-relaxed.wasm']
    .map((name) => new URL(name, root))
    .filter((url) => existsSync(url))
    .map((url) => digest(readFileSync(url))),
);
const sanitized = compile(readFileSync(String(process.env.EMOVOX_SANITIZED)));

WebAssembly.compile = async (bytes) => (released.has(digest(bytes)) ? sanitized : compile(bytes));

const instantiateSanitized = async (
  /** @type {WebAssembly.Module} */ module,
  /** @type {WebAssembly.Imports} */ imports,
) => {
  /** @type {WebAssembly.Memory} */ let memory;
  const fail = (/** @type {string} */ what) => {
    process.once('exit', () => {
      process.exitCode = 1;
    });
    const error = new Error(what);
    writeSync(2, `${error.stack}\n`); // its functions have their names in it
    throw error;
  };
  const system = {
    fd_write(
      /** @type {number} */ _file,
      /** @type {number} */ vectors,
      /** @type {number} */ count,
      /** @type {number} */ out,
    ) {
      const view = new DataView(memory.buffer);
      let written = 0;
      for (let i = 0; i < count; i++) {
        const [at, size] = [0, 4].map((offset) => view.getUint32(vectors + 8 * i + offset, true));
        writeSync(2, new Uint8Array(memory.buffer, at, size));
        written += size;
      }
      view.setUint32(out, written, true);
      return 0;
    },
    proc_exit: () => fail('A sanitizer found something.'),
  };
  // Alignment is no matter: KISS FFT keeps doubles at multiples of 4, which WebAssembly allows; UBSan looks at ours.
  const faults = { segfault: () => fail('A load or store outside of the heap.'), alignfault: () => {} };
  const instance = await instantiate(module, {
    ...imports,
    env: { ...imports.env, ...faults },
    wasi_snapshot_preview1: { ...imports.wasi_snapshot_preview1, ...system },
  });
  memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
  return instance;
};

WebAssembly.instantiate = /** @type {typeof instantiate} */ (
  async (/** @type {any} */ source, /** @type {any} */ imports) =>
    source === (await sanitized) ? instantiateSanitized(source, imports) : instantiate(source, imports)
);
