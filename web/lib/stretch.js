// SPDX-License-Identifier: MIT
//
// A part of a recording.

/** @typedef {{start?: number, end?: number}} Stretch seconds from its beginning; everything by default */

/**
 * @param {Stretch} stretch
 * @param {number} sampleRate
 * @returns {[number, number]} its first frame, and the one after its last
 */
export function framesOf({ start = 0, end = Infinity }, sampleRate) {
  return [Math.round(start * sampleRate), Math.round(end * sampleRate)];
}

/**
 * @param {AsyncIterable<Float32Array>} blocks interleaved
 * @param {number} channels
 * @param {[number, number]} frames
 * @returns {AsyncGenerator<Float32Array>} what of them lies between these frames; reads no further
 */
export async function* cut(blocks, channels, [from, to]) {
  let frame = 0;
  for await (const block of blocks) {
    yield block.subarray(Math.max(0, from - frame) * channels, (to - frame) * channels);
    frame += block.length / channels;
    if (frame >= to) return;
  }
}
