// SPDX-License-Identifier: MIT
//
// Model files whose numbers do not fit into the 32 bits that a size has in WebAssembly: refused for the same reason
// as by the native build, where it has 64.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../web/lib/engine.js';
import { EmovoxError } from '../../web/lib/errors.js';
import { grain, sealed } from '../fuzz/seeds.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wasm = readFileSync(join(root, 'build/wasm/emovox.wasm'));
const { header, file } = grain();
const data = file.subarray(8 + Number(file.readBigUInt64LE()), -8); // without the checksum

/** emovox_status */
const status = { ok: 0, argument: 1, header: 10, metadata: 12, shape: 14, offsets: 15 };

/** @type {Engine} */ let engine;
/** @type {string} */ let folder;
before(async () => {
  engine = await Engine.load(wasm);
  folder = mkdtempSync(join(tmpdir(), 'emovox-model-'));
});
after(() => rmSync(folder, { recursive: true }));

/**
 * The smallest model, changed.
 *
 * @param {(header: any, metadata: any) => void} change
 * @param {(length: bigint) => bigint} [lengthen] what the file says of its header's length
 */
function model(change, lengthen = (length) => length) {
  const parsed = JSON.parse(header);
  const metadata = JSON.parse(parsed.__metadata__.emovox);
  change(parsed, metadata);
  parsed.__metadata__.emovox = JSON.stringify(metadata);
  const text = Buffer.from(JSON.stringify(parsed));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(lengthen(BigInt(text.length)));
  return sealed(Buffer.concat([length, text, data]));
}

/** A tensor of so many floats. */
const four = 'conv1.bias';

/** @param {number[]} shape of that tensor */
const shaped = (shape) => model(({ [four]: tensor }) => Object.assign(tensor, { shape }));
/** @param {number[]} added to where its data are */
const moved = ([from, to]) =>
  model(({ [four]: tensor }) => {
    const [begin, end] = tensor.data_offsets;
    tensor.data_offsets = [begin + from, end + to];
  });
/** @param {(metadata: any) => void} change */
const described = (change) => model((_, metadata) => change(metadata));
/** @param {(length: bigint) => bigint} lengthen */
const lengthened = (lengthen) => model(() => {}, lengthen);

/** @type {[string, Buffer, number][]} */
const cases = [
  ['as it should be', model(() => {}), status.ok],
  ...[[2 ** 30 + 4], [4, 2 ** 28 + 1], [2, 2, 2 ** 28 + 1], [2 ** 32 + 4], [2 ** 32, 4], [65536, 65537], [2 ** 64]].map(
    (shape) =>
      /** @type {[string, Buffer, number]} */ ([`a shape of ${shape.join(' by ')}`, shaped(shape), status.shape]),
  ),
  ['offsets 4 GiB further', moved([2 ** 32, 2 ** 32]), status.offsets],
  ['an end 4 GiB further', moved([0, 2 ** 32]), status.offsets],
  ['offsets before the beginning', moved([-(2 ** 32), -(2 ** 32)]), status.offsets],
  ['as many bytes as just do not fit', moved([0, 2 ** 32 - 8]), status.offsets],
  ['a header of 4 GiB more', lengthened((length) => length + 2n ** 32n), status.header],
  ['a header of just below 4 GiB', lengthened(() => 2n ** 32n - 8n), status.header],
  ['a header of just below 16 EiB', lengthened(() => 2n ** 64n - 8n), status.header],
  ...[2 ** 31, 2 ** 32, 2 ** 64].flatMap((more) =>
    [
      described(({ sequence }) => {
        sequence.frames += more;
      }),
      described(({ front_end }) => {
        front_end.n_fft += more;
      }),
      described(({ front_end }) => {
        front_end.n_mels += more;
      }),
      described(({ encoder }) => {
        encoder.channels[0] += more;
      }),
      described(({ encoder }) => {
        encoder.mlp += more;
      }),
      described(({ lstm }) => {
        lstm.hidden += more;
      }),
      described(({ components }) => {
        components[1] += more;
      }),
      described(({ judgement }) => {
        judgement.dimensions += more;
      }),
    ].map(
      (bytes, i) => /** @type {[string, Buffer, number]} */ ([`parameter ${i}, and ${more}`, bytes, status.metadata]),
    ),
  ),
];

describe('a model file with', () => {
  for (const [title, bytes, expected] of cases) {
    test(title, () => {
      const message = engine.string(engine.exports.emovox_strerror(expected));
      /** @type {unknown} */ let thrown;
      try {
        engine.openModel(bytes).close();
      } catch (error) {
        thrown = error;
      }
      if (expected === status.ok) assert.equal(thrown, undefined);
      else {
        assert.ok(thrown instanceof EmovoxError, String(thrown));
        assert.deepEqual([thrown.code, thrown.message], ['model-invalid', message]);
      }
      const path = join(folder, 'model.safetensors');
      writeFileSync(path, bytes);
      const args = ['analyze', '--model', path, join(root, 'tests/data/formats/angry.wav')];
      const native = spawnSync(join(root, 'build/native/emovox'), args, { encoding: 'utf8' });
      assert.equal(native.stderr, expected === status.ok ? '' : `emovox: ${path}: ${message}\n`);
    });
  }
});

describe('what does not fit into 4 GiB', () => {
  test('is not allocated', () => {
    for (const size of [2 ** 32, 2 ** 32 + 8, 2 ** 53]) {
      assert.throws(
        () => engine.allocate(size),
        (error) => error instanceof EmovoxError && error.code === 'memory',
      );
    }
  });

  test('is no audio', () => {
    const grained = engine.openModel(file);
    const analyzer = grained.openAnalyzer({ sampleRate: 16000, channels: 2 });
    const samples = engine.allocate(8);
    // As many frames as make 8 bytes, counted in 32 bits.
    assert.equal(engine.exports.emovox_push(analyzer.pointer, samples, 2 ** 29 + 1), status.argument);
    assert.equal(engine.exports.emovox_push(analyzer.pointer, samples, 1), status.ok);
    engine.exports.free(samples);
    analyzer.close();
    grained.close();
  });
});
