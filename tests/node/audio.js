// SPDX-License-Identifier: MIT
//
// Recordings for the tests: reading and writing WAV, changing the sample rate.

import { readFileSync } from 'node:fs';

/**
 * @param {string | URL} path of a 16-bit mono WAV file with a plain header
 * @returns {{sampleRate: number, samples: Float32Array}}
 */
export function readWav(path) {
  const bytes = readFileSync(path);
  let at = 12;
  let sampleRate = 0;
  for (;;) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    at += 8;
    if (id === 'fmt ') sampleRate = bytes.readUInt32LE(at + 4);
    if (id === 'data') {
      const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + size));
      return { sampleRate, samples: Float32Array.from(pcm, (value) => value / 32768) };
    }
    at += size + (size & 1);
  }
}

/**
 * @param {Float32Array} samples interleaved
 * @param {number} sampleRate
 * @param {number} channels
 * @returns {Buffer} a 16-bit WAV file
 */
export function makeWav(samples, sampleRate, channels = 1) {
  const header = Buffer.alloc(44);
  const size = samples.length * 2;
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + size, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(size, 40);
  const pcm = Int16Array.from(samples, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 32768))));
  return Buffer.concat([header, Buffer.from(pcm.buffer)]);
}

/** @param {number[] | Float32Array} values @returns {Buffer} a WAV file of 32-bit floats at 16 kHz */
export function makeFloatWav(values) {
  const file = makeWav(new Float32Array(values.length * 2), 16000);
  file.writeUInt16LE(3, 20);
  file.writeUInt32LE(64000, 28);
  file.writeUInt16LE(4, 32);
  file.writeUInt16LE(32, 34);
  for (const [i, value] of values.entries()) file.writeFloatLE(value, 44 + 4 * i);
  return file;
}

/**
 * Windowed-sinc interpolation, slow and good: 64 zero crossings, Hann window.
 *
 * @param {Float32Array} samples
 * @param {number} from Hz
 * @param {number} to Hz
 * @returns {Float32Array}
 */
export function resample(samples, from, to) {
  const cutoff = Math.min(1, to / from) * 0.97;
  const reach = 32 / cutoff;
  const result = new Float32Array(Math.floor((samples.length * to) / from));
  for (let i = 0; i < result.length; i++) {
    const centre = (i * from) / to;
    let sum = 0;
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    for (let k = Math.max(0, Math.ceil(centre - reach)); k <= last; k++) {
      const t = k - centre;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * cutoff * t) / (Math.PI * cutoff * t);
      sum += samples[k] * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / reach));
    }
    result[i] = sum;
  }
  return result;
}
