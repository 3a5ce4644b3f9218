// SPDX-License-Identifier: MIT
//
// Runs on the audio thread: gathers the 128-sample quanta into blocks, sends them through the port it was given, and
// tells the page how loud each was; if wanted, it gets them as well.

const blockFrames = 2048;

class Capture extends AudioWorkletProcessor {
  #block = new Float32Array(blockFrames);
  #filled = 0;
  #paused = false;
  #closed = false;
  #samples = false;
  /** @type {MessagePort | null} */ #out = null;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data.port) {
        this.#out = data.port;
        this.#samples = data.samples;
      }
      if (typeof data.paused === 'boolean') this.#paused = data.paused;
      if (data.end) this.#end();
      if (data.close) this.#closed = true;
    };
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} whether to go on
   */
  process([[samples]]) {
    if (this.#closed) {
      this.port.postMessage({ closed: true });
      return false;
    }
    if (!samples || this.#paused || !this.#out) return true;
    this.#block.set(samples, this.#filled);
    this.#filled += samples.length;
    if (this.#filled === blockFrames) this.#flush();
    return true;
  }

  #flush() {
    const block = this.#block.slice(0, this.#filled);
    this.#filled = 0;
    let power = 0;
    for (const sample of block) power += sample * sample;
    const level = Math.min(1, Math.sqrt(power / block.length));
    this.port.postMessage(this.#samples ? { level, block } : { level });
    this.#out?.postMessage(block, [block.buffer]);
  }

  #end() {
    this.#paused = true;
    if (this.#filled > 0) this.#flush();
    this.#out?.postMessage(null);
    this.port.postMessage({ ended: true });
  }
}

registerProcessor('emovox-capture', Capture);
