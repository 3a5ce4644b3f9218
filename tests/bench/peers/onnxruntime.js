// SPDX-License-Identifier: MIT

import { block } from './sequences.js';

const { ort } = /** @type {any} */ (globalThis);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/tests/bench/node_modules/onnxruntime-web/dist/';

/** The network in onnxruntime-web. */
export class Onnxruntime {
  /** @param {string} url of the ONNX file */
  static async load(url, sequence) {
    const peer = new Onnxruntime();
    peer.session = await ort.InferenceSession.create(url, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    peer.shape = sequence;
    return peer;
  }

  /**
   * @param {Float32Array[]} list sequences
   * @param {number} batch
   * @returns {Promise<Float32Array[]>} probabilities of each
   */
  async judge(list, batch) {
    const verdicts = [];
    for (let at = 0; at < list.length; at += batch) {
      const count = Math.min(batch, list.length - at);
      const features = new ort.Tensor('float32', block(list, at, at + count), [count, ...this.shape]);
      const { probabilities } = await this.session.run({ features });
      const labels = probabilities.data.length / count;
      for (let i = 0; i < count; i++) verdicts.push(probabilities.data.slice(i * labels, (i + 1) * labels));
    }
    return verdicts;
  }
}
