// SPDX-License-Identifier: MIT
//
// The package outside a browser.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { relaxedWasm } from '../../src/deps/setup.mjs';

const lib = new URL('../../dist/lib/', import.meta.url);

describe('the package', () => {
  test('can be imported on a server, where create() says that it needs a browser', async () => {
    const { Emovox, EmovoxError } = await import(new URL('emovox.js', lib));
    await assert.rejects(Emovox.create(), (error) => error instanceof EmovoxError && error.code === 'worker-load');
  });

  test('has an element that can be imported there as well, and does nothing', async () => {
    const { EmovoxRecorder } = await import(new URL('element.js', lib));
    assert.equal(typeof EmovoxRecorder, 'function');
    assert.equal(globalThis.customElements, undefined);
    const text = readFileSync(new URL('element.js', lib), 'utf8');
    assert.match(text, /from\s*["']\.\/emovox\.js["']/, 'the library is not in it, but used from beside it');
    const { sideEffects } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    assert.ok(sideEffects.includes('./dist/lib/element.js'), 'bundlers must not leave out an import for its effect');
  });

  test('in Node it is another, the same for import and require()', async () => {
    const { Emovox, EmovoxError } = await import('emovox');
    assert.equal(createRequire(import.meta.url)('emovox').Emovox, Emovox);
    await assert.rejects(Emovox.prototype.listen(), (error) => {
      return error instanceof EmovoxError && error.code === 'microphone-unsupported';
    });
  });

  test('has no bare import, eval, blob worker or foreign address; for Node, only imports that it declares', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const allowed = [...builtinModules.map((name) => `node:${name}`), ...Object.keys(dependencies)];
    const forNode = /^(?:node|cli)\b/;
    for (const name of readdirSync(lib).filter((file) => file.endsWith('.js'))) {
      const text = readFileSync(new URL(name, lib), 'utf8');
      const imports = [...text.matchAll(/(?:^|[;\n])\s*(?:import|export)(?:[^;('"]*from)?\s*['"]([^.'"][^'"]*)/g)];
      const bare = imports.map(([, from]) => from).filter((from) => !(forNode.test(name) && allowed.includes(from)));
      assert.deepEqual(bare, [], `${name}: bare import`);
      assert.doesNotMatch(text, /\bnew Function\(|[^.\w]eval\(|new Worker\(URL\.createObjectURL/, name);
      if (!['decode.js', 'inline.global.js'].includes(name))
        assert.doesNotMatch(text, /https?:\/\//, `${name}: foreign address`);
    }
  });

  test('has types that a strict TypeScript program can use', () => {
    const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
    const programs = ['consumer.ts', 'consumer-node.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
    ];
    const libraries = ['--lib', 'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable', '--types', ''];
    const result = spawnSync(process.execPath, [tsc, ...options, ...libraries, ...programs], { encoding: 'utf8' });
    assert.equal(result.stdout, '');
  });

  test('holds what its manifest promises', () => {
    const { bin, exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' });
    for (const name of ['emovox.js', 'emovox.d.ts', 'worker.js', 'decode.js', 'emovox.wasm', 'emovox-relaxed.wasm']) {
      assert.ok(files.includes(name), name);
    }
    assert.ok(files.includes('models/emovox-small.safetensors'));
    assert.equal(exports['.'].default, './dist/lib/emovox.js');
    const { './models/*': _, './package.json': __, ...named } = exports;
    const paths = JSON.stringify([bin, named]).match(/dist\/lib\/[^"]+/g) ?? [];
    assert.equal(paths.length, 17);
    for (const path of paths) assert.ok(files.includes(path.slice('dist/lib/'.length)), path);
    assert.deepEqual(Object.entries(exports['./element']), [
      ['types', './dist/lib/element.d.ts'],
      ['default', './dist/lib/element.js'],
    ]);
    for (const name of ['element.js', 'element.d.ts', 'element-events.d.ts']) assert.ok(files.includes(name), name);
    for (const name of ['emovox.wasm', 'emovox-relaxed.wasm']) assert.equal(exports[`./${name}`], `./dist/lib/${name}`);
  });

  test('emovox-relaxed.wasm uses relaxed SIMD', { skip: !existsSync(relaxedWasm) && 'not built here' }, () => {
    const dot = Buffer.of(253, 147, 2); // i32x4.relaxed_dot_i8x16_i7x16_add_s
    assert.ok(readFileSync(new URL('emovox-relaxed.wasm', lib)).includes(dot));
  });

  test('the stack of the modules begins at address 0: where it overflows, it traps instead of writing over data', () => {
    for (const name of ['emovox.wasm', 'emovox-relaxed.wasm']) {
      const bytes = readFileSync(new URL(name, lib));
      // mut i32, i32.const 1 MB: the stack pointer, the first global, is the size of the stack.
      const pointer = Buffer.of(0x7f, 0x01, 0x41, 0x80, 0x80, 0xc0, 0x00, 0x0b);
      const globals = section(bytes, 6);
      assert.ok(globals.subarray(1, 1 + pointer.length).equals(pointer), name);
    }
  });
});

/** @param {Buffer} bytes of a module @param {number} wanted @returns {Buffer} a section's content */
function section(bytes, wanted) {
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7, at++) {
      size |= (bytes[at] & 127) << shift;
      more = bytes[at] > 127;
    }
    if (id === wanted) return bytes.subarray(at, at + size);
    at += size;
  }
  return Buffer.of();
}
