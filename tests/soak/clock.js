// SPDX-License-Identifier: MIT
//
// In the page, in place of the browser's audio thread: the same processor, the same ports, but the clock goes as fast
// as the analysis does.

const sampleRate = 44100; // thirds and hundredths of a hop: what drifts, shows
const quantum = 128;

/** @type {Map<string, new () => any>} */
const processors = new Map();

Object.assign(globalThis, {
  registerProcessor: (/** @type {string} */ name, /** @type {new () => any} */ Processor) =>
    processors.set(name, Processor),
  AudioWorkletProcessor: class {
    port = /** @type {MessagePort} */ (globalThis.processorPort);
  },
  AudioWorkletNode: class {
    /** @param {any} context @param {string} name */
    constructor(context, name) {
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      globalThis.processorPort = port2;
      const Processor = /** @type {new () => any} */ (processors.get(name));
      context.processor = new Processor();
    }
  },
  AudioContext: class extends EventTarget {
    sampleRate = sampleRate;
    state = 'running';
    audioWorklet = { addModule: (/** @type {URL} */ url) => import(String(url)) };
    /** @type {any} */ processor = null;
    constructor() {
      super();
      globalThis.context = this;
    }
    async resume() {}
    async suspend() {}
    async close() {}
    createMediaStreamSource() {
      return { context: this, connect() {}, disconnect() {} };
    }
  },
});

/**
 * Plays a loop until so many seconds have been played in all.
 *
 * @param {{peek: () => Promise<{duration: number}>}} recording
 * @param {Float32Array} loop at 44.1 kHz
 * @param {number} from seconds played before
 * @param {number} to
 */
globalThis.play = async (recording, loop, from, to) => {
  let at = Math.round((from * sampleRate) / quantum) * quantum;
  const end = Math.round((to * sampleRate) / quantum) * quantum;
  const block = new Float32Array(quantum);
  while (at < end) {
    for (const until = Math.min(end, at + 4 * sampleRate); at < until; at += quantum) {
      for (let i = 0; i < quantum; i++) block[i] = loop[(at + i) % loop.length];
      globalThis.context.processor.process([[block]]);
    }
    // Not further ahead than a listener on a slow machine would be.
    while ((await recording.peek()).duration < at / sampleRate - 8);
  }
};
