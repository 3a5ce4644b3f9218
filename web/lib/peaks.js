// SPDX-License-Identifier: MIT
//
// What a picture of the waveform needs: the greatest sample of every hundredth of a second.

/** Peaks per second of audio. */
export const peaksPerSecond = 100;

/** Audio in blocks of any size -> peaks, the same however it is cut. */
export class Peaks {
  #frame = 0;
  /** Peaks that are complete, of frames before #end. */ #count = 0;
  /** The frame with which the one under way ends. */ #end = 0;
  #peak = 0;
  /** Complete, and not handed out yet. @type {number[]} */ #ready = [];

  /**
   * @param {number} sampleRate Hz, at least `peaksPerSecond`
   * @param {number} channels
   * @param {number} batch how many to gather before they are handed out, more or less
   * @param {(peaks: Float32Array<ArrayBuffer>) => void} onPeaks
   */
  constructor(sampleRate, channels, batch, onPeaks) {
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.batch = batch;
    this.onPeaks = onPeaks;
    this.#end = this.#endOf(0);
  }

  /** @param {Float32Array} samples interleaved, whole frames */
  push(samples) {
    const { channels } = this;
    let frame = this.#frame;
    let peak = this.#peak;
    for (let at = 0; at < samples.length; at += channels) {
      let sum = samples[at];
      for (let channel = 1; channel < channels; channel++) sum += samples[at + channel];
      peak = Math.max(peak, Math.abs(sum / channels));
      if (++frame < this.#end) continue;
      this.#complete(peak);
      peak = 0;
    }
    this.#frame = frame;
    this.#peak = peak;
    if (this.#ready.length >= this.batch) this.#handOut();
  }

  /** Hands out what is left, the last peak being of less than its time. */
  finish() {
    if (this.#frame > this.#endOf(this.#count - 1)) this.#complete(this.#peak);
    if (this.#ready.length > 0) this.#handOut();
  }

  /** @param {number} peak */
  #complete(peak) {
    this.#ready.push(peak);
    this.#end = this.#endOf(++this.#count);
  }

  #handOut() {
    const peaks = Float32Array.from(this.#ready);
    this.#ready = [];
    this.onPeaks(peaks);
  }

  /** @param {number} index of a peak */
  #endOf(index) {
    return Math.ceil(((index + 1) * this.sampleRate) / peaksPerSecond);
  }
}
