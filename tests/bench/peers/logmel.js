// SPDX-License-Identifier: MIT
//
// The features of model/README.md in JavaScript: what users of other runtimes have to bring along. Written to be fast.

/** Slaney's mel scale. */
const melToHz = (mel) => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27));
const hzToMel = (hz) => (hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4));

/** The prime factors of n, fours instead of pairs of twos. */
function radices(n) {
  const found = [];
  for (const p of [4, 2, 3, 5, 7, 11, 13]) for (; n % p === 0; n /= p) found.push(p);
  return found;
}

/** A complex FFT of any size with small factors: Stockham's, which needs no reordering (Van Loan 1992, 1.7). */
class Fft {
  /** @param {number} size */
  constructor(size) {
    this.re = new Float64Array(size);
    this.im = new Float64Array(size);
    this.#spare = [new Float64Array(size), new Float64Array(size)];
    let length = size;
    this.#passes = radices(size).map((radix) => {
      const pass = {
        radix,
        length,
        stride: size / length,
        cos: /** @type {Float64Array} */ (new Float64Array()),
        sin: new Float64Array(),
      };
      const count = length / radix; // of butterflies; each has radix x radix factors
      const angle = (i) => {
        const [j, r, q] = [Math.floor(i / radix ** 2), Math.floor(i / radix) % radix, i % radix];
        return (-2 * Math.PI * r * (j + q * count)) / length;
      };
      pass.cos = Float64Array.from({ length: count * radix ** 2 }, (_, i) => Math.cos(angle(i)));
      pass.sin = Float64Array.from({ length: count * radix ** 2 }, (_, i) => Math.sin(angle(i)));
      length = count;
      return pass;
    });
  }

  #spare;
  #passes;

  /** Transforms re and im in place. */
  run() {
    let { re, im } = this;
    let [outRe, outIm] = this.#spare;
    for (const { radix, length, stride, cos, sin } of this.#passes) {
      const count = length / radix;
      for (let j = 0, factor = 0; j < count; j++) {
        for (let r = 0; r < radix; r++, factor += radix) {
          const to = stride * (radix * j + r);
          for (let k = 0; k < stride; k++) {
            let sumRe = 0;
            let sumIm = 0;
            for (let q = 0, from = k + stride * j; q < radix; q++, from += stride * count) {
              sumRe += re[from] * cos[factor + q] - im[from] * sin[factor + q];
              sumIm += re[from] * sin[factor + q] + im[from] * cos[factor + q];
            }
            outRe[to + k] = sumRe;
            outIm[to + k] = sumIm;
          }
        }
      }
      [re, im, outRe, outIm] = [outRe, outIm, re, im];
    }
    this.re = re;
    this.im = im;
    this.#spare = [outRe, outIm];
  }
}

export class LogMel {
  #params;
  #window;
  #fft;
  #cos;
  #sin;
  #power;
  /** Triangles of unit area: where each begins, and its weights. @type {{first: number, weights: Float64Array}[]} */
  #bands;

  /** @param {Record<string, number>} params `front_end` of the model file */
  constructor(params) {
    const { sample_rate, n_fft, n_mels, f_min, f_max } = params;
    const half = n_fft / 2;
    this.#params = params;
    this.#window = Float64Array.from({ length: n_fft }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n_fft));
    this.#fft = new Fft(half);
    this.#cos = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos((Math.PI * k) / half));
    this.#sin = Float64Array.from({ length: half + 1 }, (_, k) => Math.sin((Math.PI * k) / half));
    this.#power = new Float64Array(half + 1);
    const [low, high] = [hzToMel(f_min), hzToMel(f_max)];
    const edge = (i) => melToHz(low + ((high - low) * i) / (n_mels + 1));
    this.#bands = Array.from({ length: n_mels }, (_, b) => {
      const [from, centre, to] = [edge(b), edge(b + 1), edge(b + 2)];
      const bins = Array.from({ length: half + 1 }, (_, k) => {
        const hz = (k * sample_rate) / n_fft;
        return (Math.max(0, Math.min((hz - from) / (centre - from), (to - hz) / (to - centre))) * 2) / (to - from);
      });
      const first = bins.findIndex((weight) => weight > 0);
      return { first, weights: Float64Array.from(bins.slice(first, bins.findLastIndex((weight) => weight > 0) + 1)) };
    });
  }

  /**
   * @param {Float32Array} samples
   * @returns {Float32Array} (1 + floor(samples / hop), bands)
   */
  run(samples) {
    const { n_fft, hop, n_mels, log_floor } = this.#params;
    const frames = 1 + Math.floor(samples.length / hop);
    const out = new Float32Array(frames * n_mels);
    const padded = new Float32Array(samples.length + n_fft);
    padded.set(samples, n_fft / 2);
    const power = this.#power;
    for (let t = 0; t < frames; t++) {
      this.#spectrum(padded, t * hop);
      for (let b = 0; b < n_mels; b++) {
        const { first, weights } = this.#bands[b];
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i] * power[first + i];
        out[t * n_mels + b] = Math.log10(Math.max(sum, log_floor));
      }
    }
    return out;
  }

  /** The power spectrum of a frame: even samples as real, odd ones as imaginary part of an FFT of half the size. */
  #spectrum(samples, at) {
    const fft = this.#fft;
    const window = this.#window;
    const half = window.length / 2;
    for (let i = 0; i < half; i++) {
      fft.re[i] = samples[at + 2 * i] * window[2 * i];
      fft.im[i] = samples[at + 2 * i + 1] * window[2 * i + 1];
    }
    fft.run();
    const { re, im } = fft;
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const cos = this.#cos[k];
      const sin = this.#sin[k];
      const evenRe = re[a] + re[b];
      const evenIm = im[a] - im[b];
      const oddRe = im[a] + im[b];
      const oddIm = re[b] - re[a];
      const sumRe = evenRe + cos * oddRe + sin * oddIm;
      const sumIm = evenIm + cos * oddIm - sin * oddRe;
      this.#power[k] = (sumRe * sumRe + sumIm * sumIm) / 4;
    }
  }
}
