// SPDX-License-Identifier: MIT
//
// What the page and the worker say to each other. Types only.

/** @import { EmovoxError, EmovoxErrorCode } from './errors.js' */
/** @import { Heard, Judging } from './judging.js' */
/** @import { Progress, Segment, Summary } from './result.js' */
/** @import { Flow } from './stream.js' */
/** @import { Stretch } from './stretch.js' */

/**
 * How a recording is analysed: whose voice it is, by the identifier of the job that made the speaker, whether it is to
 * be enrolled, and whether the page wants evidence and peaks.
 *
 * @typedef {{speaker?: number, enroll?: boolean, hop?: number, judging?: Judging, evidence?: boolean,
 *   peaks?: boolean}} How
 *
 * What is done with audio: it is analysed, or a stretch of it becomes log-mel frames.
 *
 * @typedef {How & {logMel?: Stretch}} Task
 *
 * Page -> worker. The numbers are job identifiers.
 *
 * @typedef {{type: 'load', id: number, wasm: WebAssembly.Module, model: ArrayBuffer}
 *   | {type: 'read-file', id: number, blob: Blob} & Task
 *   | {type: 'read-pcm', id: number, sampleRate: number, channels: number, duration: number | null} & Task
 *   | {type: 'pcm', id: number, block: Float32Array | null}
 *   | {type: 'listen', id: number, sampleRate: number, port: MessagePort} & How
 *   | {type: 'speaker', id: number, profile: Uint8Array | null}
 *   | {type: 'speaker-save', id: number, speaker: number}
 *   | {type: 'speaker-hear', id: number, speaker: number, heard: Heard}
 *   | {type: 'speaker-close', id: number, speaker: number}
 *   | {type: 'judge', id: number, heard: Heard, speaker?: number, judging: Judging}
 *   | {type: 'peek', id: number}
 *   | {type: 'finish', id: number}
 *   | {type: 'hold', id: number, held: boolean}
 *   | {type: 'cancel', id: number}
 *   | {type: 'stats', id: number}} Request
 *
 * Worker -> page. The segments of a result are not in it: each was told when it was there, and all together are told
 * how they are judged at the end, if that is otherwise (`revised`, as emovox_wasm.c has them). `life` is the name of a Web
 * Lock that is held as long as the worker lives.
 *
 * @typedef {{type: 'alive', id: number, life: string}
 *   | {type: 'done', id: number, value: any}
 *   | {type: 'error', id: number, code: EmovoxErrorCode, message: string}
 *   | {type: 'whole-file', id: number}
 *   | {type: 'pull', id: number}
 *   | {type: 'segment', id: number, value: Segment}
 *   | {type: 'revised', id: number, value: Float64Array}
 *   | {type: 'peaks', id: number, value: Float32Array<ArrayBuffer>}
 *   | {type: 'progress', id: number, value: Progress}
 *   | {type: 'peeked', id: number, value: Summary}} Reply
 */

/**
 * What the page does when the worker says something about a job.
 *
 * @typedef {object} Callbacks
 * @property {(segment: Segment) => void} [onSegment]
 * @property {(segments: Segment[]) => void} [onRevised]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(peaks: Float32Array<ArrayBuffer>) => void} [onPeaks]
 * @property {() => Promise<Float32Array<ArrayBuffer> | null>} [onPull]
 *
 * A job under way, in the page.
 *
 * @typedef {object} Job
 * @property {number} id
 * @property {Promise<any>} promise
 * @property {(value: any) => void} resolve
 * @property {(error: EmovoxError) => void} reject
 * @property {((summary: Summary) => void)[]} peeks
 * @property {Segment[]} segments so far
 *
 * @typedef {Job & Callbacks} Call
 * @typedef {{transfer?: Transferable[], signal?: AbortSignal, flow?: Flow} & Callbacks} CallOptions
 */

export {};
