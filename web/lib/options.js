// SPDX-License-Identifier: MIT
//
// What callers pass, checked before anything is done with it: a misspelt option must not be silently ignored.

import { EmovoxError } from './errors.js';
import { weightsOf } from './judging.js';

/** @import { ModelInfo } from './result.js' */

/**
 * A test, which may look at the other options, and what passes it in words.
 *
 * @typedef {[(value: any, options: Record<string, any>) => boolean, string | ((value: any) => string)]} Kind
 */

/** @type {Record<string, Kind>} */
export const kinds = {
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  function: [(value) => typeof value === 'function', 'a function'],
  hertz: [(value) => typeof value === 'number', 'a number, in hertz'],
  count: [(value) => Number.isInteger(value) && value > 0, 'a whole number above 0'],
  name: [(value) => typeof value === 'string', 'a string'],
  probability: [(value) => typeof value === 'number' && value >= 0 && value <= 1, 'a number from 0 to 1'],
  seconds: [(value) => Number.isFinite(value) && value >= 0, 'a number of seconds, 0 or more'],
  object: [(value) => typeof value === 'object' && value !== null, 'an object'],
  signal: [(value) => typeof value?.addEventListener === 'function' && 'aborted' in value, 'an AbortSignal'],
  stream: [(value) => typeof value?.getAudioTracks === 'function', 'a MediaStream'],
  url: [(value) => typeof value === 'string' || value instanceof URL, 'a URL'],
  worker: [(value) => ['string', 'function'].includes(typeof value) || value instanceof URL, 'a URL or a function'],
};

/** EMOVOX_MIN_HOP_SECONDS of the C library. */
export const minHopSeconds = 0.25;

const pcmOptions = { sampleRate: kinds.hertz, channels: kinds.count, signal: kinds.signal };

/** The largest weight in a prior, as of the C library. */
const mostWeight = 1e6;

/**
 * Of all that is judged.
 *
 * @param {ModelInfo} model
 * @returns {Record<'prior' | 'labels' | 'threshold', Kind>}
 */
export function judgingKinds({ labels: known }) {
  const unknown = (/** @type {string[]} */ names) => {
    const name = names.find((one) => !known.includes(one));
    return name === undefined ? '' : `; '${name}' is none of them`;
  };
  const all = known.join(', ');
  const isLabels = (/** @type {unknown} */ value) =>
    Array.isArray(value) &&
    value.length >= 2 &&
    new Set(value).size === value.length &&
    value.every((label) => known.includes(label));
  const isWeight = (/** @type {unknown} */ value) => typeof value === 'number' && value >= 0 && value <= mostWeight;
  const isPrior = (/** @type {unknown} */ value, /** @type {Record<string, any>} */ { labels }) => {
    if (value === 'everyday' || value === 'even') return true;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const given = Object.entries(value);
    if (!given.every(([label, weight]) => known.includes(label) && isWeight(weight))) return false;
    const weights = weightsOf(Object.fromEntries(given), known);
    // The C library counts in floats, where the smallest are none.
    return known.some((label, i) => Math.fround(weights[i]) > 0 && (!isLabels(labels) || labels.includes(label)));
  };
  return {
    prior: [
      isPrior,
      (value) =>
        `'everyday', 'even', or weights from 0 to ${mostWeight} by emotion, not 0 for all that may be the answer ` +
        `(${all})${unknown(typeof value === 'object' && value !== null ? Object.keys(value) : [])}`,
    ],
    labels: [
      isLabels,
      (value) =>
        `a list of two or more of ${all}, each once` +
        unknown(Array.isArray(value) ? value.filter((label) => typeof label === 'string') : []),
    ],
    threshold: kinds.probability,
  };
}

/**
 * Of all that is analysed: where segments begin, and how they are judged.
 *
 * @param {ModelInfo} model
 * @returns {Record<string, Kind>}
 */
export function analysisKinds(model) {
  const { sequenceSeconds } = model;
  const fits = (/** @type {unknown} */ value) =>
    typeof value === 'number' && value >= minHopSeconds && value <= sequenceSeconds;
  return {
    hop: [fits, `a number of seconds from ${minHopSeconds} to ${sequenceSeconds}`],
    ...judgingKinds(model),
    evidence: kinds.boolean,
  };
}

// What methods take, in the browser and in Node alike.

/** @param {ModelInfo} model */
export const streamOptions = (model) => ({
  ...pcmOptions,
  ...analysisKinds(model),
  speaker: null,
  onProgress: kinds.function,
  onPeaks: kinds.function,
});

/** @param {ModelInfo} model */
export const analyzeOptions = (model) => ({
  ...streamOptions(model),
  onSegment: kinds.function,
  onRevised: kinds.function,
});

/** @param {ModelInfo} model */
export const judgeOptions = (model) => ({ ...judgingKinds(model), speaker: null });

/** @param {ModelInfo} model */
export const enrollOptions = (model) => {
  const { speaker, ...options } = analyzeOptions(model);
  return options;
};

export const logMelOptions = { ...pcmOptions, start: kinds.seconds, end: kinds.seconds };

/**
 * @param {unknown} options of logMel()
 * @throws {EmovoxError} `bad-option`
 */
export function checkLogMelOptions(options) {
  checkOptions('logMel()', options, logMelOptions);
  const { start = 0, end = Infinity } = /** @type {import('./stretch.js').Stretch} */ (options);
  if (end <= start) throw new EmovoxError('bad-option', "Option 'end' of logMel() must be a number above its 'start'.");
}

/**
 * @param {string} method for the message
 * @param {unknown} options
 * @param {Record<string, Kind | null>} known by name; null where the method itself checks the value
 * @throws {EmovoxError} `bad-option`, which names the option
 */
export function checkOptions(method, options, known) {
  if (typeof options !== 'object' || options === null) {
    throw new EmovoxError('bad-option', `${method} takes its options as an object.`);
  }
  // What they hold may have getters, which may throw.
  const read = (/** @type {() => any} */ getting, what = `The options of ${method}`) => {
    try {
      return getting();
    } catch (error) {
      throw new EmovoxError('bad-option', `${what} cannot be read.`, { cause: error });
    }
  };
  const all = read(() => ({ ...options }));
  for (const [name, value] of Object.entries(all)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(', ');
      throw new EmovoxError('bad-option', `${method} has no option '${name}'. It takes ${names}.`);
    }
    const kind = known[name];
    if (value === undefined || !kind) continue;
    if (read(() => kind[0](value, all), `Option '${name}' of ${method}`)) continue;
    const words = typeof kind[1] === 'string' ? kind[1] : kind[1](value);
    throw new EmovoxError('bad-option', `Option '${name}' of ${method} must be ${words}.`);
  }
}

/**
 * @param {unknown} source that may be, or be a view of, an ArrayBuffer
 * @throws {EmovoxError} `bad-input` where its memory was transferred
 */
export function refuseDetached(source) {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength > 0) return;
  try {
    new Uint8Array(buffer);
  } catch (error) {
    throw new EmovoxError('bad-input', 'This buffer is empty: its memory was transferred. Pass a copy.', {
      cause: error,
    });
  }
}
