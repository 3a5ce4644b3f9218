// SPDX-License-Identifier: MIT

const { Meyda } = /** @type {any} */ (globalThis);

/**
 * Log-mel frames by Meyda, as many of them as ours, with as many bands. Its frames have to be powers of two, and its
 * filters are others: a network that was trained on librosa's features cannot use these.
 *
 * @param {Float32Array} samples
 * @param {Record<string, number>} params `front_end` of the model file
 * @returns {number[][]}
 */
export function meydaBands(samples, { sample_rate, n_fft, hop, n_mels }) {
  const size = 2 ** Math.ceil(Math.log2(n_fft));
  Object.assign(Meyda, { sampleRate: sample_rate, bufferSize: size, melBands: n_mels, windowingFunction: 'hanning' });
  const padded = new Float32Array(samples.length + size);
  padded.set(samples, size / 2);
  const frames = [];
  for (let at = 0; at <= samples.length; at += hop)
    frames.push(Meyda.extract('melBands', padded.subarray(at, at + size)));
  return frames;
}
