// SPDX-License-Identifier: MIT

/**
 * What went wrong, for programs. The message that comes with it is for people: it says what to do.
 *
 * | code                      | when                                                                              |
 * |---------------------------|-----------------------------------------------------------------------------------|
 * | `aborted`                 | the caller's AbortSignal fired, or a recording was aborted                         |
 * | `closed`                  | the Emovox object was closed                                                       |
 * | `bad-input`               | an argument of the wrong kind                                                      |
 * | `bad-option`              | an option that does not exist, or a value of the wrong type; the message names it  |
 * | `empty`                   | a file without a byte or without a sample                                          |
 * | `too-short`               | less audio than the model needs for one verdict                                    |
 * | `not-finite`              | a sample is NaN or infinite                                                        |
 * | `sample-rate`             | a sample rate outside 8000 to 192000 Hz                                            |
 * | `undecodable`             | not audio, damaged, cut off, or a format this browser cannot decode                |
 * | `microphone-denied`       | the user, the system or a policy forbids the microphone                            |
 * | `microphone-dismissed`    | the question about the microphone was closed without an answer                     |
 * | `microphone-absent`       | there is no microphone (or not the one asked for)                                  |
 * | `microphone-busy`         | another program holds the microphone                                               |
 * | `microphone-suspended`    | the browser starts no audio before a click or a key                                |
 * | `microphone-unsupported`  | the page is not served securely, or the browser is too old to record               |
 * | `no-wasm-simd`            | the browser has no WebAssembly SIMD                                                |
 * | `worker-load`             | the worker script could not be started                                             |
 * | `decoder-load`            | decode.js, which reads files, could not be fetched                                 |
 * | `wasm-load`               | emovox.wasm could not be fetched, or is not WebAssembly                            |
 * | `model-load`              | the model file could not be fetched                                                |
 * | `model-invalid`           | the model file is damaged or of another version                                    |
 * | `file-mismatch`           | a model or wasm file that does not belong to this version of the library           |
 * | `profile-invalid`         | a speaker's profile is damaged, or not one                                         |
 * | `profile-version`         | a speaker's profile was made with another version of the library                   |
 * | `profile-model`           | a speaker's profile was made with another model                                    |
 * | `evidence-missing`        | a result to be judged again that holds no evidence                                 |
 * | `evidence-model`          | a result to be judged again whose evidence another model gave                      |
 * | `memory`                  | the browser refused more memory                                                    |
 * | `internal`                | a fault of ours                                                                    |
 *
 * @typedef {keyof typeof messages | keyof typeof import('./messages.js').messages} EmovoxErrorCode
 */

/**
 * What the worker and the decoder come upon as well: being files of their own, they do without the others, which the
 * library adds.
 */
const messages = {
  aborted: 'The analysis was stopped.',
  'bad-input': 'Pass a File, Blob, ArrayBuffer, AudioBuffer, URL, or a Float32Array with its sampleRate.',
  empty: 'There is no audio in it. Choose a file with a recording.',
  undecodable: 'This file cannot be read as audio. Choose a WAV, MP3, M4A, Ogg, FLAC or WebM file.',
  'wasm-load':
    'emovox.wasm could not be loaded. Check the connection, and that it is served beside the library; then reload.',
  'decoder-load':
    'The decoder could not be loaded. Check the connection, and that decode.js is served beside worker.js; then reload.',
  memory: 'The browser has no memory left. Close other tabs and try again.',
  internal: 'Something failed inside emovox. Reload the page; if it happens again, please report it.',
};

/** @type {Record<string, string>} */
const known = messages;

/** @param {Record<string, string>} more by code @internal */
export function addMessages(more) {
  Object.assign(known, more);
}

/** The one kind of error this library throws. */
export class EmovoxError extends Error {
  /**
   * @param {EmovoxErrorCode} code
   * @param {string} [message] a more precise sentence than the code's own
   * @param {{cause?: unknown}} [options]
   */
  constructor(code, message = known[code], options) {
    super(message, options);
    this.name = 'EmovoxError';
    /** @type {EmovoxErrorCode} */
    this.code = code;
  }

  /**
   * Anything thrown, as an EmovoxError.
   * @param {unknown} thrown
   * @param {EmovoxErrorCode} [code] for what is not an EmovoxError yet
   * @returns {EmovoxError}
   */
  static from(thrown, code = 'internal') {
    // By name: the decoder, and another copy of this library, have a class of their own.
    if (thrown instanceof Error && thrown.name === 'EmovoxError') return /** @type {EmovoxError} */ (thrown);
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const message = reason ? `${known[code]} (${reason})` : known[code];
    return new EmovoxError(code, message, { cause: thrown });
  }
}

/**
 * @param {AbortSignal | null | undefined} signal
 * @returns {EmovoxError}
 */
export function abortError(signal) {
  return new EmovoxError('aborted', undefined, { cause: signal?.reason });
}
