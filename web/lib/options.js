// SPDX-License-Identifier: MIT
//
// What callers pass, checked before anything is done with it: a misspelt option must not be silently ignored.

import { EmovoxError } from './errors.js';

/** @typedef {[(value: any) => boolean, string]} Kind a test, and what passes it in words */

/** @type {Record<string, Kind>} */
export const kinds = {
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  function: [(value) => typeof value === 'function', 'a function'],
  hertz: [(value) => typeof value === 'number', 'a number, in hertz'],
  count: [(value) => Number.isInteger(value) && value > 0, 'a whole number above 0'],
  name: [(value) => typeof value === 'string', 'a string'],
  object: [(value) => typeof value === 'object' && value !== null, 'an object'],
  signal: [(value) => typeof value?.addEventListener === 'function' && 'aborted' in value, 'an AbortSignal'],
  stream: [(value) => typeof value?.getAudioTracks === 'function', 'a MediaStream'],
  url: [(value) => typeof value === 'string' || value instanceof URL, 'a URL'],
  worker: [(value) => ['string', 'function'].includes(typeof value) || value instanceof URL, 'a URL or a function'],
};

/** What stream() takes, in the browser and in Node alike. */
export const streamOptions = {
  sampleRate: kinds.hertz,
  channels: kinds.count,
  speaker: null,
  signal: kinds.signal,
  onProgress: kinds.function,
};
export const analyzeOptions = { ...streamOptions, onSegment: kinds.function };
const { speaker: _, ...ofSpeaker } = analyzeOptions;
export const enrollOptions = ofSpeaker;

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
  for (const [name, value] of Object.entries(options)) {
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
