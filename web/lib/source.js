// SPDX-License-Identifier: MIT
//
// What analyze() takes, brought to one of two forms: a Blob for the worker to decode, or PCM that the page holds.

import { abortError, EmovoxError } from './errors.js';

/**
 * The part of an AudioBuffer that we read.
 *
 * @typedef {Pick<AudioBuffer, 'sampleRate' | 'numberOfChannels' | 'length' | 'getChannelData'>} Pcm
 */

/** What decodeAudioData() is asked to resample to, where nothing but it can decode a file. */
const fallbackSampleRate = 48000;

/**
 * @param {unknown} source
 * @returns {source is AudioBuffer}
 */
export function isAudioBuffer(source) {
  return typeof AudioBuffer !== 'undefined' && source instanceof AudioBuffer;
}

/**
 * @param {unknown} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob>}
 */
export async function toBlob(source, signal) {
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return new Blob([/** @type {BlobPart} */ (source)]);
  }
  if (source instanceof URL) {
    try {
      const response = await fetch(source, { signal });
      if (!response.ok) throw new Error(`HTTP status ${response.status}`);
      return await response.blob();
    } catch (error) {
      if (signal?.aborted) throw abortError(signal);
      throw EmovoxError.from(error, 'undecodable');
    }
  }
  throw new EmovoxError('bad-input');
}

/**
 * The browser's own decoder: everything at once, which is why the worker guards what gets here.
 *
 * @param {Blob} blob
 * @returns {Promise<AudioBuffer>}
 */
export async function decodeWholeFile(blob) {
  try {
    const context = new OfflineAudioContext(1, 1, fallbackSampleRate);
    return await context.decodeAudioData(await blob.arrayBuffer());
  } catch (error) {
    throw new EmovoxError('undecodable', undefined, { cause: error });
  }
}

/**
 * @param {Float32Array} samples
 * @param {number} sampleRate
 * @returns {Pcm}
 */
export function monoBuffer(samples, sampleRate) {
  const channel = /** @type {Float32Array<ArrayBuffer>} */ (samples);
  return { sampleRate, numberOfChannels: 1, length: samples.length, getChannelData: () => channel };
}

/**
 * @param {Pcm} buffer
 * @param {number} at
 * @param {number} frames
 * @returns {Float32Array<ArrayBuffer>}
 */
export function interleave(buffer, at, frames) {
  const channels = buffer.numberOfChannels;
  const block = new Float32Array(frames * channels);
  for (let channel = 0; channel < channels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < frames; i++) block[i * channels + channel] = samples[at + i];
  }
  return block;
}
