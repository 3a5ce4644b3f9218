// SPDX-License-Identifier: MIT
//
// A recording as a WAV file: 32-bit floats, so that analysing it again gives the same answer. Written as it comes, in
// blobs, which browsers may keep on the disk.

/** Samples that make a blob: 5 s at 48 kHz. */
const pieceSamples = 240_000;

export class WavWriter {
  #sampleRate;
  /** @type {Float32Array<ArrayBuffer>[]} */ #pending = [];
  #pendingSamples = 0;
  /** @type {Blob[]} */ #pieces = [];
  samples = 0;

  /** @param {number} sampleRate Hz */
  constructor(sampleRate) {
    this.#sampleRate = sampleRate;
  }

  /** @param {Float32Array<ArrayBuffer>} block mono; not to be changed afterwards */
  push(block) {
    this.#pending.push(block);
    this.#pendingSamples += block.length;
    this.samples += block.length;
    if (this.#pendingSamples >= pieceSamples) this.#flush();
  }

  #flush() {
    this.#pieces.push(new Blob(this.#pending));
    this.#pending = [];
    this.#pendingSamples = 0;
  }

  /** @returns {Blob} the file so far */
  file() {
    this.#flush();
    const bytes = this.samples * 4;
    const header = new DataView(new ArrayBuffer(58));
    const ascii = (/** @type {number} */ at, /** @type {string} */ text) => {
      for (let i = 0; i < text.length; i++) header.setUint8(at + i, text.charCodeAt(i));
    };
    ascii(0, 'RIFF');
    header.setUint32(4, Math.min(50 + bytes, 0xffffffff), true);
    ascii(8, 'WAVEfmt ');
    header.setUint32(16, 18, true);
    header.setUint16(20, 3, true); // IEEE float
    header.setUint16(22, 1, true); // mono
    header.setUint32(24, this.#sampleRate, true);
    header.setUint32(28, this.#sampleRate * 4, true);
    header.setUint16(32, 4, true);
    header.setUint16(34, 32, true);
    header.setUint16(36, 0, true);
    ascii(38, 'fact');
    header.setUint32(42, 4, true);
    header.setUint32(46, this.samples, true);
    ascii(50, 'data');
    header.setUint32(54, bytes, true);
    return new Blob([header, ...this.#pieces], { type: 'audio/wav' });
  }
}
