// SPDX-License-Identifier: MIT
//
// Recordings that are damaged, in every format and from a seed, so that a failure can be had again; and what may come of
// them. For the library in Node and in Chromium, and for the native tool.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { makeFloatWav, makeWav, readWav } from './node/audio.js';

const formats = new URL('data/formats/', import.meta.url);

/** What may be said about a file: no other code, and never `internal`. */
const codes = ['empty', 'too-short', 'not-finite', 'sample-rate', 'undecodable'];

/** @param {number} seed @returns {() => number} 0 to 1, from Mulberry32 */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {Float32Array} samples @param {number} sampleRate @returns {Buffer} AIFF, 16 bits, mono */
function makeAiff(samples, sampleRate) {
  const wav = makeWav(samples, sampleRate);
  const bytes = Buffer.concat([Buffer.alloc(54), wav.subarray(44).swap16()]);
  bytes.write('FORM', 0);
  bytes.writeUInt32BE(bytes.length - 8, 4);
  bytes.write('AIFFCOMM', 8);
  bytes.writeUInt32BE(18, 16);
  bytes.writeUInt16BE(1, 20);
  bytes.writeUInt32BE(samples.length, 22);
  bytes.writeUInt16BE(16, 26);
  // An 80-bit float: exponent and mantissa.
  const exponent = Math.floor(Math.log2(sampleRate));
  bytes.writeUInt16BE(16383 + exponent, 28);
  bytes.writeUInt32BE(sampleRate * 2 ** (31 - exponent), 30);
  bytes.write('SSND', 38);
  bytes.writeUInt32BE(wav.length - 44 + 8, 42);
  return bytes;
}

/**
 * @param {number} [seed]
 * @returns {{name: string, bytes: Buffer, whole?: boolean}[]} whole: undamaged
 */
export function hostileFiles(seed = 1) {
  const { samples, sampleRate } = readWav(new URL('angry.wav', formats));
  const names = ['wav', 'flac', 'mp3', 'vorbis.ogg', 'opus.ogg', 'webm', 'm4a'].map((ending) => `angry.${ending}`);
  const sources = names.map((name) => ({ name, bytes: readFileSync(new URL(name, formats)) }));
  sources.push({ name: 'angry.aiff', bytes: makeAiff(samples, sampleRate) });
  const next = random(seed);
  const below = (/** @type {number} */ limit) => Math.floor(next() * limit);
  const noise = (/** @type {number} */ length) => Buffer.from(Array.from({ length }, () => below(256)));

  /** @type {ReturnType<typeof hostileFiles>} */
  const files = [];
  for (const { name, bytes } of sources) {
    const add = (/** @type {string} */ what, /** @type {Buffer} */ damaged) =>
      files.push({ name: `${what}.${name}`, bytes: damaged });
    files.push({ name, bytes, whole: true });
    for (const length of [1, 4, 12, 36, 44, 64, 200, 1000]) add(`first-${length}-bytes`, bytes.subarray(0, length));
    for (const share of [0.1, 0.5, 0.9]) add(`first-${100 * share}-percent`, bytes.subarray(0, bytes.length * share));
    add('all-but-a-byte', bytes.subarray(0, -1));
    add('the-second-half', bytes.subarray(bytes.length / 2));
    for (let i = 0; i < 10; i++) {
      // Half of them in the headers, where a bit means most.
      const copy = Buffer.from(bytes);
      const reach = i % 2 ? bytes.length : 300;
      for (let flips = 1 + below(1 + 4 * i); flips > 0; flips--) copy[below(reach)] ^= 1 << below(8);
      add(`flipped-${i}`, copy);
    }
    const holed = Buffer.from(bytes);
    const hole = below(bytes.length / 2);
    holed.fill(0, hole, hole + 2000);
    add('with-a-hole', holed);
    add('then-noise', Buffer.concat([bytes.subarray(0, bytes.length / 3), noise(5000)]));
  }
  const seconds = (/** @type {number} */ value) => makeFloatWav(new Float32Array(5 * 16000).fill(value));
  files.push(
    { name: 'no-byte.wav', bytes: Buffer.alloc(0) },
    { name: 'no-sample.wav', bytes: makeWav(new Float32Array(0), 16000) },
    { name: 'one-sample.wav', bytes: makeWav(new Float32Array(1), 16000) },
    { name: 'not-a-number.wav', bytes: seconds(Number.NaN) },
    { name: 'infinite.wav', bytes: seconds(Number.POSITIVE_INFINITY) },
    { name: 'huge.wav', bytes: seconds(3e38) },
    { name: 'tiny.wav', bytes: seconds(1e-44) },
    { name: 'direct-current.wav', bytes: seconds(0.5) },
    {
      name: 'clipped.wav',
      bytes: makeWav(
        samples.map((value) => value * 1000),
        sampleRate,
      ),
    },
    { name: 'noise.bin', bytes: noise(100) },
    { name: 'more-noise.bin', bytes: noise(60_000) },
  );
  return files;
}

/** Four hours of silence at 8 kHz: its header, and how many zeros follow. */
export const fourHours = (() => {
  const zeros = 4 * 3600 * 8000 * 2;
  const header = makeWav(new Float32Array(0), 8000);
  header.writeUInt32LE(36 + zeros, 4);
  header.writeUInt32LE(zeros, 40);
  return { header, zeros };
})();

/**
 * Whether it is one of the errors that a file may have, or a result that can be.
 *
 * @param {string} name
 * @param {any} outcome a result, or {error: {code}}
 */
export function assertPlausible(name, outcome) {
  if (outcome.error) {
    assert.ok(codes.includes(outcome.error.code), `${name}: ${outcome.error.code}: ${outcome.error.message}`);
    return;
  }
  const { emotion, agreement, probability, duration, probabilities, segments } = outcome;
  assert.ok(typeof emotion === 'string' && duration > 0, name);
  for (const share of [agreement, probability]) assert.ok(share >= 0 && share <= 1, `${name}: ${share}`);
  for (const part of [{ probabilities, label: emotion }, ...segments]) {
    const values = Object.values(part.probabilities);
    const sum = values.reduce((/** @type {number} */ all, value) => all + value, 0);
    assert.ok(
      values.every((value) => value >= 0 && value <= 1),
      `${name}: ${values}`,
    );
    assert.ok(Math.abs(sum - 1) < 1e-4 || (sum === 0 && part.label === 'no speech'), `${name}: they sum to ${sum}`);
  }
}
