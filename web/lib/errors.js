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
 * @typedef {keyof typeof messages} EmovoxErrorCode
 */

const messages = {
  aborted: 'The analysis was stopped.',
  closed: 'This Emovox object is closed; create a new one.',
  'bad-input': 'Pass a File, Blob, ArrayBuffer, AudioBuffer, URL, or a Float32Array with its sampleRate.',
  'bad-option': 'There is no such option, or its value is of the wrong type.',
  empty: 'There is no audio in it. Choose a file with a recording.',
  'too-short': 'The recording is too short to judge. Record at least a sentence.',
  'not-finite': 'The audio holds samples that are not numbers. Export it again from the program that made it.',
  'sample-rate': 'The sample rate must be between 8000 and 192000 Hz. Convert the recording.',
  undecodable: 'This file cannot be read as audio. Choose a WAV, MP3, M4A, Ogg, FLAC or WebM file.',
  'microphone-denied':
    'The microphone is blocked. Allow it for this page in the browser and in the system settings, or choose a file.',
  'microphone-dismissed':
    'The question about the microphone was closed. Press record again and allow it, or choose a file.',
  'microphone-absent': 'No microphone was found. Connect one, or choose a file.',
  'microphone-busy': 'The microphone is in use by another program. Close that program, or choose a file.',
  'microphone-suspended': 'The browser starts no audio before a click. Start recording from a click or a key press.',
  'microphone-unsupported': 'Recording needs a current browser and a page served over https. Choose a file instead.',
  'no-wasm-simd': 'This browser lacks WebAssembly SIMD. Update it: Chrome 91, Firefox 89, Safari 16.4 or later.',
  'worker-load':
    'The worker could not be started. Serve worker.js from the same origin as the page, or use emovox/inline.',
  'wasm-load':
    'emovox.wasm could not be loaded. Check the connection, and that it is served beside the library; then reload.',
  'decoder-load':
    'The decoder could not be loaded. Check the connection, and that decode.js is served beside worker.js; then reload.',
  'model-load':
    'The model could not be loaded. Check the connection, and that models/ is served beside the library; then reload.',
  'model-invalid': 'The model file is damaged or of another version. Install it again.',
  'file-mismatch': 'A file is not the one that belongs to this version of the library. Install them together.',
  'profile-invalid': "The speaker's profile is damaged. Enroll the speaker again.",
  'profile-version':
    "The speaker's profile was made with another version of emovox. Enroll the speaker again with this one.",
  'profile-model': "The speaker's profile was made with another model. Enroll the speaker again with this one.",
  'evidence-missing': 'This result holds no evidence. Analyse the recording again with the option evidence: true.',
  'evidence-model':
    "This result's evidence was given by another model. Judge it with that one, or analyse the recording again.",
  memory: 'The browser has no memory left. Close other tabs and try again.',
  internal: 'Something failed inside emovox. Reload the page; if it happens again, please report it.',
};

/** The one kind of error this library throws. */
export class EmovoxError extends Error {
  /**
   * @param {EmovoxErrorCode} code
   * @param {string} [message] a more precise sentence than the code's own
   * @param {{cause?: unknown}} [options]
   */
  constructor(code, message = messages[code], options) {
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
    const message = reason ? `${messages[code]} (${reason})` : messages[code];
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
