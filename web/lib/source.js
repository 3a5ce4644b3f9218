// SPDX-License-Identifier: MIT
//
// What analyze() takes, brought to one of two forms: a Blob for the worker to decode, or PCM that the page holds.

import { abortError, EmovoxError } from './errors.js';
import { cut, framesOf } from './stretch.js';
import { nextTask } from './task.js';

/** @import { Stretch } from './stretch.js' */

/**
 * The part of an AudioBuffer that we read.
 *
 * @typedef {Pick<AudioBuffer, 'sampleRate' | 'numberOfChannels' | 'length' | 'getChannelData'>} Pcm
 */

/** Bytes that are copied at a time: of a long file at once, they would hold up the page for seconds. */
const pieceBytes = 4 << 20;

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
 * @returns {source is MediaStream}
 */
export function isMediaStream(source) {
  return typeof MediaStream !== 'undefined' && source instanceof MediaStream;
}

/**
 * @param {unknown} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob>}
 */
export async function toBlob(source, signal) {
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer) return copied(new Uint8Array(source), signal);
  if (ArrayBuffer.isView(source)) {
    return copied(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), signal);
  }
  if (source instanceof URL || source instanceof ReadableStream) {
    try {
      const response = source instanceof URL ? await fetch(source, { signal }) : new Response(source);
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
 * @param {Uint8Array} bytes
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob>}
 */
async function copied(bytes, signal) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await nextTask();
    if (signal?.aborted) throw abortError(signal);
    pieces.push(new Blob([bytes.slice(at, at + pieceBytes)])); // a copy: blobs take no shared memory
  }
  return new Blob(pieces);
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

/** Frames per message when the page hands PCM to the worker. */
const blockFrames = 32768;

/**
 * PCM, block by block as the worker asks for it.
 *
 * @typedef {object} PcmSource
 * @property {number} sampleRate Hz
 * @property {number} channels
 * @property {number | null} duration seconds, if known
 * @property {() => Promise<Float32Array<ArrayBuffer> | null>} next interleaved; null at the end
 * @property {() => void} cancel nothing more will be asked for
 */

/**
 * @param {Pcm} buffer
 * @param {Stretch} [stretch]
 * @returns {PcmSource}
 */
export function pcmOf(buffer, stretch = {}) {
  const { sampleRate, numberOfChannels: channels, length } = buffer;
  let [at, end] = framesOf(stretch, sampleRate);
  end = Math.min(end, length);
  return {
    sampleRate,
    channels,
    duration: length / sampleRate,
    async next() {
      if (at >= end) return null;
      const frames = Math.min(blockFrames, end - at);
      const block = new Float32Array(frames * channels);
      for (let channel = 0; channel < channels; channel++) {
        const samples = buffer.getChannelData(channel);
        for (let i = 0; i < frames; i++) block[i * channels + channel] = samples[at + i];
      }
      at += frames;
      return block;
    },
    cancel() {},
  };
}

/**
 * @param {ReadableStream} stream of Float32Arrays
 * @param {number} sampleRate
 * @param {number} channels
 * @param {Stretch} [stretch]
 * @returns {PcmSource}
 */
export function pcmOfStream(stream, sampleRate, channels, stretch = {}) {
  const reader = stream.getReader();
  const blocks = cut(read(reader, channels), channels, framesOf(stretch, sampleRate));
  let rest = new Float32Array(0);
  return {
    sampleRate,
    channels,
    duration: null,
    async next() {
      while (rest.length === 0) {
        const { done, value } = await blocks.next();
        if (done) return null;
        rest = /** @type {Float32Array<ArrayBuffer>} */ (value);
      }
      const block = rest.slice(0, blockFrames * channels); // a copy: the caller keeps what it gave
      rest = rest.subarray(block.length);
      return block;
    },
    cancel() {
      reader.cancel().catch(() => {});
    },
  };
}

/**
 * @param {ReadableStreamDefaultReader} reader
 * @param {number} channels
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* read(reader, channels) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (!(value instanceof Float32Array) || value.length % channels !== 0) {
      const frames = channels > 1 ? ` of whole frames of ${channels} samples` : '';
      throw new EmovoxError('bad-input', `With a sampleRate, the stream must give Float32Arrays${frames}.`);
    }
    yield value;
  }
}
