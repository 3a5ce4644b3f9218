// SPDX-License-Identifier: MIT

import { block } from './sequences.js';

const { tf } = /** @type {any} */ (globalThis);

/** The network without transformer blocks in tfjs, on its WebAssembly backend. */
export class Tfjs {
  #weights;
  #metadata;

  /** @param {ReturnType<typeof import('./safetensors.js').readSafetensors>} model */
  static async load(model) {
    tf.wasm.setWasmPaths('/tests/bench/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
    tf.wasm.setThreadsCount(1);
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // one thread: the module without them
    await tf.setBackend('wasm');
    return new Tfjs(model);
  }

  /** @private use load() */
  constructor({ metadata, tensors }) {
    this.#metadata = metadata;
    this.#weights = Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, values }]) => {
        const tensor = tf.tensor(values, shape);
        // Kernels of convolutions: (out, in, kernel) -> (kernel, 1, in, out); of linear maps: (out, in) -> (in, out).
        if (shape.length === 3) return [name, tf.expandDims(tf.transpose(tensor, [2, 1, 0]), 1)];
        return [name, shape.length === 2 ? tf.transpose(tensor) : tensor];
      }),
    );
  }

  /**
   * One direction: the inputs of all steps are projected at once.
   *
   * @param {any} x (batch, steps, channels)
   * @param {'forward' | 'backward'} direction
   * @returns {any} (batch, steps, hidden)
   */
  #lstm(x, direction) {
    const of = (name) => this.#weights[`lstm.${direction}.${name}`];
    const [batch, steps, channels] = x.shape;
    const { hidden } = this.#metadata.lstm;
    const flat = tf.reshape(x, [batch * steps, channels]);
    const projected = tf.add(tf.matMul(flat, of('input.weight')), of('bias'));
    const inputs = tf.unstack(tf.reshape(projected, [batch, steps, 4 * hidden]), 1);
    if (direction === 'backward') inputs.reverse();
    let state = tf.zeros([batch, hidden]);
    let cell = state;
    const outputs = inputs.map((input) => {
      const [i, f, g, o] = tf.split(tf.add(input, tf.matMul(state, of('recurrent.weight'))), 4, 1);
      cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      state = tf.mul(tf.sigmoid(o), tf.tanh(cell));
      return state;
    });
    if (direction === 'backward') outputs.reverse();
    return tf.stack(outputs, 1);
  }

  /** @param {any} x (batch, steps, 1, channels) */
  #convolve(x, name, stride) {
    const pad = [
      [0, 0],
      [1, 1],
      [0, 0],
      [0, 0],
    ];
    const filter = this.#weights[`${name}.weight`];
    const y = tf.fused.conv2d({ x, filter, strides: [stride, 1], pad, bias: this.#weights[`${name}.bias`] });
    return tf.mul(tf.mul(y, 0.5), tf.add(tf.erf(tf.mul(y, Math.SQRT1_2)), 1)); // GELU
  }

  #linear(x, name) {
    return tf.add(tf.matMul(x, this.#weights[`${name}.weight`]), this.#weights[`${name}.bias`]);
  }

  /** (batch, frames, bands) -> probabilities (batch, labels) */
  #run(features) {
    const { encoder, lstm, components, labels } = this.#metadata;
    const [stride1, stride2] = encoder.strides;
    const conv1 = this.#convolve(tf.expandDims(features, 2), 'conv1', stride1);
    const conv2 = this.#convolve(conv1, 'conv2', stride2);
    const { mean, variance } = tf.moments(tf.squeeze(conv2, [2]), 1);
    const steps = tf.squeeze(this.#convolve(conv2, 'conv3', lstm.stride), [2]);
    const [batch, count] = steps.shape;
    const hidden = tf.concat([this.#lstm(steps, 'forward'), this.#lstm(steps, 'backward')], 2);
    const scores = this.#linear(tf.reshape(hidden, [batch * count, -1]), 'attention');
    const salience = tf.softmax(tf.reshape(scores, [batch, 1, count]));
    const summary = tf.squeeze(tf.matMul(salience, hidden), [1]);
    const embedding = tf.concat([mean, tf.sqrt(tf.add(variance, 1e-8)), summary], 1);
    const logits = tf.unstack(this.#linear(embedding, 'head'), 1);
    const mixed = labels.map((_, label) =>
      tf.stack(
        logits.filter((_, c) => components[c] === label),
        1,
      ),
    );
    const emotions = tf.stack(
      mixed.map((members) => tf.logSumExp(members, 1)),
      1,
    );
    const intensity = tf.sigmoid(this.#linear(embedding, 'intensity'));
    const voiced = tf.greater(this.#linear(tf.reshape(hidden, [batch * count, -1]), 'speech'), 0);
    const speechRatio = tf.mean(tf.cast(tf.reshape(voiced, [batch, count]), 'float32'), 1);
    // Softmax takes off what the logits of all components have in common.
    return [tf.softmax(emotions), intensity, speechRatio];
  }

  /**
   * @param {Float32Array[]} list sequences
   * @param {number} batch
   * @returns {Promise<Float32Array[]>} probabilities of each
   */
  async judge(list, batch) {
    const verdicts = [];
    const { frames } = this.#metadata.sequence;
    for (let at = 0; at < list.length; at += batch) {
      const count = Math.min(batch, list.length - at);
      const outputs = tf.tidy(() =>
        this.#run(tf.tensor3d(block(list, at, at + count), [count, frames, list[at].length / frames])),
      );
      const [probabilities] = await Promise.all(outputs.map((output) => output.data()));
      tf.dispose(outputs);
      const labels = probabilities.length / count;
      for (let i = 0; i < count; i++) verdicts.push(probabilities.slice(i * labels, (i + 1) * labels));
    }
    return verdicts;
  }
}
