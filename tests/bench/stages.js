// SPDX-License-Identifier: MIT
//
// The module of tests/bench/*.c: the library with a stopwatch, and what it is compared with.

/** As `enum stage` in stages.c. */
const stages = [
  ...['other', 'resample', 'logmel', 'normalize', 'convolutions', 'gelu', 'products', 'blocks', 'lstm', 'network'],
  'voting',
];

export class Stages {
  /** @type {any} */ #exports;
  /** Where each model is. @type {Map<string, number>} */ #models = new Map();
  /** And its network. @type {Map<string, number>} */ #networks = new Map();

  /** @param {string} url */
  static async load(url) {
    const module = await WebAssembly.compileStreaming(fetch(url));
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = () => 0;
    }
    imports.bench = { now: () => performance.now() };
    const stages = new Stages();
    stages.#exports = (await WebAssembly.instantiate(module, imports)).exports;
    stages.#exports._initialize?.();
    return stages;
  }

  /** @param {ArrayBuffer} file */
  addModel(name, file) {
    const out = this.#exports.malloc(4);
    const bytes = this.#copy(new Uint8Array(file));
    const failed = this.#exports.emovox_model_create(bytes, file.byteLength, out);
    const [model] = new Uint32Array(this.#exports.memory.buffer, out, 1);
    this.#exports.free(bytes);
    if (failed) throw new Error(`${name}: status ${failed}`);
    this.#models.set(name, model);
    this.#networks.set(name, this.#exports.bench_network(model));
  }

  /** @param {Float32Array | Uint8Array} array */
  #copy(array) {
    const at = this.#exports.malloc(array.byteLength + 128); // with slack, see NN_PADDING
    const { buffer } = this.#exports.memory;
    new Uint8Array(buffer, at, array.byteLength).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return at;
  }

  /**
   * @param {string} name of the model
   * @param {Float32Array} samples
   * @param {number} rate
   * @returns {Record<string, number>} seconds of each stage
   */
  analyze(name, samples, rate) {
    const at = this.#copy(samples);
    const spent = this.#exports.bench_stages(this.#models.get(name), at, samples.length, rate);
    this.#exports.free(at);
    if (!spent) throw new Error(`${name}: the analysis failed`);
    const values = new Float64Array(this.#exports.memory.buffer, spent, stages.length);
    return Object.fromEntries(stages.map((stage, i) => [stage, values[i] / 1000]));
  }

  /**
   * @param {string} name of the model
   * @param {Float32Array[]} list sequences
   * @returns {Float32Array[]} probabilities of each
   */
  judge(name, list) {
    const { memory, malloc, free, bench_judge } = this.#exports;
    const at = this.#copy(list[0]);
    const out = malloc(64);
    const verdicts = list.map((sequence) => {
      new Float32Array(memory.buffer, at, sequence.length).set(sequence);
      const failed = bench_judge(this.#models.get(name), this.#networks.get(name), at, out);
      if (failed) throw new Error(`${name}: status ${failed}`);
      return new Float32Array(memory.buffer, out, 16).slice();
    });
    free(at);
    free(out);
    return verdicts;
  }

  /** Log-mel in plain C: (frames, 80). @param {Float32Array} samples */
  plainLogmel(samples) {
    const { memory, malloc, free, plain_logmel } = this.#exports;
    const at = this.#copy(samples);
    const count = (Math.floor(samples.length / 160) + 1) * 80;
    const out = malloc(4 * count);
    plain_logmel(at, samples.length, out);
    const logmel = new Float32Array(memory.buffer, out, count).slice();
    free(at);
    free(out);
    return logmel;
  }

  /** Products and sums per second that 128-bit SIMD reaches out of registers: the best of some tries. */
  limit() {
    const times = 1e6;
    const seconds = Array.from({ length: 10 }, () => {
      const start = performance.now();
      this.#exports.multiply_add(times);
      return (performance.now() - start) / 1000;
    });
    return (times * 12 * 4 * 2) / Math.min(...seconds);
  }
}
