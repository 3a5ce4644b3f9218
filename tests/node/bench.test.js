// SPDX-License-Identifier: MIT

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { operations } from '../bench/flops.mjs';
import { functions } from '../bench/functions.mjs';
import { LogMel } from '../bench/peers/logmel.js';
import { readSafetensors } from '../bench/peers/safetensors.js';
import { digits, exponent, summary } from '../bench/table.mjs';
import { readWav } from './audio.js';

test('exponent of a power law', () => {
  const lengths = [3, 10, 60, 600, 3600];
  const cost = lengths.map((length) => 0.2 * length ** 1.03);
  assert.ok(Math.abs(exponent(lengths, cost) - 1.03) < 1e-12);
});

test('a row: median, spread, and the ratio within rounds', () => {
  const row = { section: '', name: '', unit: 'ms', values: [8, 2, 30, 6], base: [4, 1, 10, 3] };
  const { median, min, max, ratio } = summary(row);
  assert.deepEqual({ median, min, max, ratio }, { median: 7, min: 2, max: 30, ratio: 2 });
  assert.deepEqual([0.01234, 1.234, 123.4, 12345, 0].map(digits), ['0.0123', '1.23', '123', '12345', '0']);
});

test('functions of a module: names, and sizes of their code', () => {
  const bytes = Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...[1, 4, 1, 96, 0, 0], // type: () -> ()
    ...[2, 9, 1, 1, 109, 3, 108, 111, 103, 0, 0], // imports m.log
    ...[3, 3, 2, 0, 0], // two functions of it
    ...[10, 8, 2, 2, 0, 11, 3, 0, 1, 11], // empty; nop
    ...[0, 23, 4, 110, 97, 109, 101, 1, 16, 3], // names: "log", "add", "nop"
    ...[0, 3, 108, 111, 103, 1, 3, 97, 100, 100, 2, 3, 110, 111, 112],
  );
  assert.deepEqual(functions(bytes), [
    { name: 'nop', size: 3 },
    { name: 'add', size: 2 },
  ]);
});

test("the peers' features are those of the golden data", () => {
  const file = readFileSync(new URL('../data/golden/logmel.npy', import.meta.url));
  const golden = new Float32Array(file.buffer.slice(file.byteOffset + 10 + file.readUInt16LE(8)));
  const { metadata } = readSafetensors(
    new Uint8Array(readFileSync(new URL('../../model/emovox-small.safetensors', import.meta.url))).buffer,
  );
  const { samples } = readWav(new URL('../data/formats/angry.wav', import.meta.url));
  const logmel = new LogMel(metadata.front_end).run(samples);
  assert.equal(logmel.length, golden.length);
  assert.ok(logmel.every((value, i) => Math.abs(value - golden[i]) < 1e-4));
});

test('operations of a convolution and an LSTM', () => {
  const { convolutions, products, lstm } = operations({
    front_end: { n_mels: 2 },
    sequence: { frames: 4 },
    encoder: { channels: [3, 5], strides: [1, 2], kernel: 3, blocks: 0 },
    lstm: { channels: 7, stride: 2, kernel: 3, hidden: 2 },
  });
  assert.equal(convolutions, 2 * 3 * (4 * 3 * 2 + 2 * 5 * 3 + 1 * 7 * 5));
  assert.equal(products, 0);
  assert.equal(lstm, 2 * 2 * 1 * 8 * (7 + 2));
});
