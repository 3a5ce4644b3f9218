// SPDX-License-Identifier: MIT
//
// What callers pass, checked before anything is done with it: a misspelt option must not be silently ignored.

import { EmovoxError } from './errors.js';

/** @import { ModelInfo } from './result.js' */

/** @typedef {[(value: any) => boolean, string]} Kind a test, and what passes it in words */

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

/**
 * Of all that is analysed: where segments begin and how they vote.
 *
 * @param {ModelInfo} model
 * @returns {Record<string, Kind>}
 */
export function judging({ sequenceSeconds }) {
  const fits = (/** @type {unknown} */ value) =>
    typeof value === 'number' && value >= minHopSeconds && value <= sequenceSeconds;
  return {
    hop: [fits, `a number of seconds from ${minHopSeconds} to ${sequenceSeconds}`],
    threshold: kinds.probability,
  };
}

// What methods take, in the browser and in Node alike.

/** @param {ModelInfo} model */
export const streamOptions = (model) => ({
  ...pcmOptions,
  ...judging(model),
  speaker: null,
  onProgress: kinds.function,
  onPeaks: kinds.function,
});

/** @param {ModelInfo} model */
export const analyzeOptions = (model) => ({ ...streamOptions(model), onSegment: kinds.function });

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
  for (const [name, value] of entries(method, options)) {
    if (!Object.hasOwn(known, name)) {
      const all = Object.keys(known).join(', ');
      throw new EmovoxError('bad-option', `${method} has no option '${name}'. It takes ${all}.`);
    }
    const kind = known[name];
    if (value !== undefined && kind && !kind[0](value)) {
      throw new EmovoxError('bad-option', `Option '${name}' of ${method} must be ${kind[1]}.`);
    }
  }
}

/**
 * @param {string} method
 * @param {object} options whose getters may throw
 */
function entries(method, options) {
  try {
    return Object.entries(options);
  } catch (error) {
    throw new EmovoxError('bad-option', `The options of ${method} cannot be read.`, { cause: error });
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
