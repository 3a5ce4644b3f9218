// SPDX-License-Identifier: MIT

/** @import { EmovoxError, Result, Segment } from 'emovox' */

/**
 * A recording and how far its analysis has come.
 *
 * @typedef {object} Recording
 * @property {string} name
 * @property {'waiting' | 'live' | 'working' | 'done' | 'failed'} state
 * @property {AbortController} abort
 * @property {number} startedAt milliseconds, as performance.now()
 * @property {number} seconds analysed so far
 * @property {number | null} duration
 * @property {Segment[]} segments so far
 * @property {Result} [result]
 * @property {EmovoxError} [error]
 */

/**
 * @param {string} name
 * @param {Recording['state']} state
 * @returns {Recording}
 */
export function newRecording(name, state) {
  return { name, state, abort: new AbortController(), startedAt: 0, seconds: 0, duration: null, segments: [] };
}
