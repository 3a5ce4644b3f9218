// SPDX-License-Identifier: MIT

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Peaks, peaksPerSecond } from '../../web/lib/peaks.js';

/** The same noise every time, with some samples beyond 1. @param {number} count */
function noise(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 30;
  });
}

/**
 * @param {Float32Array} samples
 * @param {{sampleRate: number, channels?: number, batch?: number, frames?: number}} options frames: of a block
 * @returns {Float32Array[]} what was handed out
 */
function peaksOf(samples, { sampleRate, channels = 1, batch = 1, frames = samples.length }) {
  /** @type {Float32Array[]} */ const calls = [];
  const peaks = new Peaks(sampleRate, channels, batch, (values) => calls.push(values));
  const step = Math.max(1, frames * channels);
  for (let at = 0; at < samples.length; at += step) peaks.push(samples.subarray(at, at + step));
  peaks.finish();
  return calls;
}

/** @param {Float32Array[]} calls */
const all = (calls) => calls.flatMap((values) => [...values]);

/**
 * By the definition: sample i belongs to the peak floor(100 i / sampleRate).
 * @param {Float32Array} samples
 * @param {number} sampleRate
 * @param {number} channels
 */
function expected(samples, sampleRate, channels) {
  const peaks = new Float32Array(Math.ceil((samples.length / channels / sampleRate) * peaksPerSecond));
  for (let i = 0; i < samples.length / channels; i++) {
    const frame = samples.subarray(i * channels, (i + 1) * channels);
    const mean = Math.fround(Math.abs(frame.reduce((sum, value) => sum + value, 0) / channels));
    const index = Math.floor((i * peaksPerSecond) / sampleRate);
    peaks[index] = Math.max(peaks[index], mean);
  }
  return [...peaks];
}

for (const sampleRate of [8000, 11025, 16000, 22050, 44100, 48000, 192000]) {
  for (const channels of [1, 2, 3]) {
    test(`${sampleRate} Hz, ${channels} channels: the greatest of every 10 ms, however it is cut`, () => {
      const samples = noise(Math.round(1.2345 * sampleRate) * channels);
      const peaks = expected(samples, sampleRate, channels);
      assert.equal(peaks.length, 124);
      assert.ok(peaks.some((peak) => peak > 1));
      for (const frames of [samples.length, 1, 111, 128, 4096]) {
        assert.deepEqual(all(peaksOf(samples, { sampleRate, channels, frames })), peaks, `blocks of ${frames}`);
      }
    });
  }
}

test('are handed out a batch at a time, and what is left at the end', () => {
  const options = { sampleRate: 16000, frames: 1600 };
  const lengths = (/** @type {Float32Array[]} */ calls) => calls.map(({ length }) => length);
  assert.deepEqual(lengths(peaksOf(noise(16001), { ...options, batch: 40 })), [40, 40, 21]);
  assert.deepEqual(lengths(peaksOf(noise(16000), { ...options, batch: 1 })), Array(10).fill(10));
  assert.deepEqual(lengths(peaksOf(noise(3200), { ...options, batch: 1000 })), [20]);
  assert.deepEqual(peaksOf(noise(0), options), []);
});
