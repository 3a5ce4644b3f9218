// SPDX-License-Identifier: MIT
//
// The recordings of this visit, and how far their analysis has come.

/** @import { EmovoxError, ModelInfo, Result, Segment } from 'emovox' */

/** Peaks per second of audio, as the library gives them. */
export const peaksPerSecond = 100;

/** A Float32Array that grows. */
export class Samples {
  #values = new Float32Array(1024);
  length = 0;

  /** @param {ArrayLike<number>} more */
  push(more) {
    const length = this.length + more.length;
    if (length > this.#values.length) {
      const larger = new Float32Array(Math.max(length, 2 * this.#values.length));
      larger.set(this.view());
      this.#values = larger;
    }
    this.#values.set(more, this.length);
    this.length = length;
  }

  /** @returns {Float32Array<ArrayBuffer>} what is there, not a copy */
  view() {
    return this.#values.subarray(0, this.length);
  }
}

/**
 * What an analysis was asked for.
 *
 * @typedef {object} Conditions
 * @property {'small' | 'large'} model
 * @property {number} hop seconds
 * @property {'everyday' | 'even'} [prior] old verdicts in the history lack this and `profile`
 * @property {number} threshold 0..1
 * @property {string | null} speaker whose profile was used, by name
 * @property {string | null} [profile] its identifier
 */

/**
 * @typedef {object} Recording
 * @property {string} id
 * @property {string} name
 * @property {Date} when
 * @property {'waiting' | 'live' | 'working' | 'done' | 'failed'} state
 * @property {AbortController} abort
 * @property {number} elapsed milliseconds that the analysis has worked
 * @property {number} heardAt when it last told of itself, milliseconds, as performance.now()
 * @property {number} seconds analysed so far
 * @property {number | null} duration
 * @property {Blob | null} audio what can be played and analysed again
 * @property {Samples} peaks so far
 * @property {Segment[]} segments so far
 * @property {Partial<ModelInfo>} model facts, once they are known
 * @property {Conditions | null} conditions
 * @property {Result} [result]
 * @property {EmovoxError} [error]
 * @property {boolean} kept in the history
 * @property {boolean} compared chosen for the comparison
 */

let made = 0;

/**
 * @param {string} name
 * @param {Recording['state']} state
 * @param {Partial<Recording>} [more]
 * @returns {Recording}
 */
export function newRecording(name, state, more) {
  return {
    id: `${Date.now()}-${++made}`,
    name,
    when: new Date(),
    state,
    abort: new AbortController(),
    elapsed: 0,
    heardAt: 0,
    seconds: 0,
    duration: null,
    audio: null,
    peaks: new Samples(),
    segments: [],
    model: {},
    conditions: null,
    kept: false,
    compared: false,
    ...more,
  };
}

/** More than this between two signs of life, in milliseconds, is no work: the device was asleep, the page frozen. */
const longestStep = 10_000;

/**
 * An analysis has told of itself.
 * @param {Recording} recording under way
 * @param {number} now milliseconds
 */
export function heardOf(recording, now) {
  const step = now - recording.heardAt;
  if (step > 0 && step < longestStep) recording.elapsed += step;
  recording.heardAt = now;
}

/**
 * @param {Recording} recording under way
 * @returns {number | null} seconds until it is done; null while that cannot be told
 */
export function secondsLeft({ seconds, duration, elapsed }) {
  if (!duration || seconds === 0 || elapsed < 1000) return null;
  return (elapsed * Math.max(0, duration - seconds)) / seconds / 1000;
}

/**
 * The verdict so far: the engine's own comes at the end.
 *
 * @param {Segment[]} segments
 * @returns {{emotion: string, agreement: number, votes: Map<string, number>, all: number}}
 */
export function tally(segments) {
  /** @type {Map<string, number>} */
  const votes = new Map();
  let all = 0;
  for (const { label } of segments) {
    if (label === 'no speech') continue;
    votes.set(label, (votes.get(label) ?? 0) + 1);
    all++;
  }
  if (all === 0) return { emotion: 'no speech', agreement: 0, votes, all };
  const sums = (/** @type {string} */ label) =>
    segments.reduce((sum, { probabilities }) => sum + (probabilities[label] ?? 0), 0);
  const most = Math.max(...votes.values());
  const [emotion] = [...votes.keys()].filter((label) => votes.get(label) === most).sort((a, b) => sums(b) - sums(a));
  return { emotion, agreement: most / all, votes, all };
}

/** The recordings in the order they came, and the one that is shown. Dispatches 'change' with what has changed. */
export class Session extends EventTarget {
  /** @type {Recording[]} */ list = [];
  /** @type {Recording | null} */ shown = null;
  /** Whether the user chose what is shown: then it stays. */ picked = false;

  /**
   * @param {Recording} recording
   * @param {{show?: boolean}} [options]
   */
  add(recording, { show = false } = {}) {
    this.list.push(recording);
    if (show || !this.shown) this.shown = recording;
    this.touch(recording);
  }

  /** @param {Recording} recording */
  show(recording) {
    const before = this.shown;
    this.shown = recording;
    if (before) this.touch(before);
    this.touch(recording);
  }

  /** @param {Recording} recording */
  remove(recording) {
    recording.abort.abort();
    const at = this.list.indexOf(recording);
    this.list.splice(at, 1);
    if (this.shown === recording) this.shown = this.list[at] ?? this.list[at - 1] ?? null;
    this.touch(recording);
  }

  /** @param {Recording} recording that has changed */
  touch(recording) {
    this.dispatchEvent(new CustomEvent('change', { detail: recording }));
  }
}
