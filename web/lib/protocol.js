// SPDX-License-Identifier: MIT
//
// What the page and the worker say to each other. Types only.

/** @import { EmovoxError, EmovoxErrorCode } from './errors.js' */
/** @import { Progress, Segment, Summary } from './result.js' */
/** @import { Flow } from './stream.js' */

/**
 * Whose voice it is, by the identifier of the job that made the speaker, and whether it is to be enrolled.
 *
 * @typedef {{speaker?: number, enroll?: boolean}} Whose
 *
 * Page -> worker. The numbers are job identifiers.
 *
 * @typedef {{type: 'load', id: number, wasm: WebAssembly.Module, model: ArrayBuffer}
 *   | {type: 'analyze-file', id: number, blob: Blob} & Whose
 *   | {type: 'analyze-pcm', id: number, sampleRate: number, channels: number, duration: number | null} & Whose
 *   | {type: 'pcm', id: number, block: Float32Array | null}
 *   | {type: 'listen', id: number, sampleRate: number, port: MessagePort} & Whose
 *   | {type: 'speaker', id: number, profile: Uint8Array | null}
 *   | {type: 'speaker-save', id: number, speaker: number}
 *   | {type: 'speaker-close', id: number, speaker: number}
 *   | {type: 'peek', id: number}
 *   | {type: 'finish', id: number}
 *   | {type: 'hold', id: number, held: boolean}
 *   | {type: 'cancel', id: number}
 *   | {type: 'stats', id: number}} Request
 *
 * Worker -> page.
 *
 * @typedef {{type: 'done', id: number, value: any}
 *   | {type: 'error', id: number, code: EmovoxErrorCode, message: string}
 *   | {type: 'whole-file', id: number}
 *   | {type: 'pull', id: number}
 *   | {type: 'segment', id: number, value: Segment}
 *   | {type: 'progress', id: number, value: Progress}
 *   | {type: 'peeked', id: number, value: Summary}} Reply
 */

/**
 * A job under way, in the page.
 *
 * @typedef {object} Call
 * @property {number} id
 * @property {Promise<any>} promise
 * @property {(value: any) => void} resolve
 * @property {(error: EmovoxError) => void} reject
 * @property {((segment: Segment) => void)} [onSegment]
 * @property {((progress: Progress) => void)} [onProgress]
 * @property {() => Promise<Float32Array<ArrayBuffer> | null>} [onPull]
 * @property {((summary: Summary) => void)[]} peeks
 */

/**
 * @typedef {object} CallOptions
 * @property {Transferable[]} [transfer]
 * @property {AbortSignal} [signal]
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {() => Promise<Float32Array<ArrayBuffer> | null>} [onPull]
 * @property {Flow} [flow]
 */

export {};
