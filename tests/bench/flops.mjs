// SPDX-License-Identifier: MIT

/**
 * Floating-point operations, products and sums, in one sequence.
 * @param {Record<string, any>} metadata of a model file
 * @returns {{convolutions: number, products: number, lstm: number}} products: those of the transformer blocks
 */
export function operations({ front_end, sequence, encoder, lstm }) {
  const [c1, c2] = encoder.channels;
  const [s1, s2] = encoder.strides;
  const t1 = Math.ceil(sequence.frames / s1);
  const t2 = Math.ceil(t1 / s2);
  const t3 = Math.ceil(t2 / lstm.stride);
  const taps = t1 * c1 * front_end.n_mels + t2 * c2 * c1;
  const block = 4 * t2 * c2 * c2 + 2 * t2 * c2 * (encoder.mlp ?? 0) + 2 * t2 * t2 * c2;
  return {
    convolutions: 2 * (taps * encoder.kernel + t3 * lstm.channels * c2 * lstm.kernel),
    products: 2 * encoder.blocks * block,
    lstm: 2 * 2 * t3 * 4 * lstm.hidden * (lstm.channels + lstm.hidden),
  };
}
