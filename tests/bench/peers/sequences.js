// SPDX-License-Identifier: MIT

/**
 * The sequences that a recording is judged by: one every hop, and one that ends with the recording unless less than a
 * quarter hop is left; each relative to its loudest value (model/README.md, `sequence` and `normalization`).
 *
 * @param {Float32Array} logmel (frames, bands), at least a full sequence
 * @param {Record<string, any>} metadata of the model
 * @returns {Float32Array[]} (frames of a sequence, bands) each, one after the other in one buffer
 */
export function sequences(logmel, { front_end, sequence, normalization }) {
  const bands = front_end.n_mels;
  const last = logmel.length / bands - sequence.frames;
  const starts = Array.from({ length: 1 + Math.floor(last / sequence.hop) }, (_, i) => i * sequence.hop);
  if ((last % sequence.hop) * 4 >= sequence.hop) starts.push(last);
  const size = sequence.frames * bands;
  const all = new Float32Array(starts.length * size);
  const { range, gain, bias } = normalization;
  return starts.map((start, i) => {
    const values = logmel.subarray(start * bands, start * bands + size);
    let peak = Number.NEGATIVE_INFINITY;
    for (const value of values) peak = Math.max(peak, value);
    const out = all.subarray(i * size, (i + 1) * size);
    for (let k = 0; k < size; k++) out[k] = Math.max(values[k] - peak, -range) * gain + bias;
    return out;
  });
}

/**
 * Several sequences as one block, without a copy.
 * @param {Float32Array[]} list as sequences() gave them
 * @param {number} from
 * @param {number} to
 */
export function block(list, from, to) {
  const { buffer, byteOffset, length } = list[from];
  return new Float32Array(buffer, byteOffset, (to - from) * length);
}
