// SPDX-License-Identifier: MIT
//
// Judging evidence: how a result crosses into WebAssembly and back, the same for the page, the worker and Node.

import { EmovoxError } from './errors.js';

/** @import { Adaptation, ModelInfo, Prior, Result, Segment, Summary } from './result.js' */

/**
 * In what light evidence is judged. Whatever is left out is the model's own.
 *
 * @typedef {object} Judging
 * @property {Prior} [prior]
 * @property {string[]} [labels]
 * @property {number} [threshold]
 *
 * What was heard of a recording, as src/wasm/emovox_wasm.c takes it.
 *
 * @typedef {object} Heard
 * @property {Float64Array<ArrayBuffer>} segments one after the other
 * @property {Float32Array<ArrayBuffer>} evidence of each; zeros without speech
 * @property {number} duration seconds
 *
 * The same, judged.
 *
 * @typedef {object} Verdict
 * @property {Float64Array<ArrayBuffer>} segments
 * @property {Summary} summary
 * @property {Record<string, number>} prior
 * @property {Adaptation} [adaptation]
 */

// emovox.h and src/wasm/emovox_wasm.c
export const NO_SPEECH = -1;
const UNCERTAIN = -2;
export const MAX_LABELS = 16;
/** Doubles in front of those per label. */
export const SEGMENT_HEAD = 11;
export const SEGMENT_SIZE = SEGMENT_HEAD + MAX_LABELS;

/**
 * @param {Judging} how
 * @returns {Judging} a copy, which the caller cannot change any more
 */
export function judgingOf({ prior, labels, threshold }) {
  return { prior: typeof prior === 'object' ? { ...prior } : prior, labels: labels && [...labels], threshold };
}

/**
 * @param {string} text `everyday`, `even`, or weights as `neutral=2,sad=0.5`
 * @returns {Prior} with NaN for what is no weight, which no method takes
 */
export function priorFrom(text) {
  if (text === 'everyday' || text === 'even') return text;
  const weights = text.split(',').map((part) => {
    const [label, weight = '', ...rest] = part.split('=');
    return [label.trim(), weight.trim() && rest.length === 0 ? Number(weight) : Number.NaN];
  });
  return Object.fromEntries(weights);
}

/** @param {string} text `neutral,happy` @returns {string[]} */
export const labelsFrom = (text) => text.split(',').map((label) => label.trim());

/**
 * @param {Exclude<Prior, 'everyday'>} prior
 * @param {string[]} labels of the model
 * @returns {number[]} per label
 */
export function weightsOf(prior, labels) {
  return labels.map((label) => (prior !== 'even' && Object.hasOwn(prior, label) ? prior[label] : 1));
}

/**
 * @param {Judging} how
 * @param {ModelInfo} model
 * @param {number[]} everyday weights per label
 * @returns {Record<string, number>} what the evidence is judged with: adds up to 1, 0 for what may not be the answer
 */
export function priorOf({ prior = 'everyday', labels: allowed }, { labels }, everyday) {
  const weights = prior === 'everyday' ? everyday : weightsOf(prior, labels);
  const left = weights.map((weight, i) => (allowed && !allowed.includes(labels[i]) ? 0 : weight));
  const all = left.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(labels.map((label, i) => [label, left[i] / all]));
}

/**
 * @param {string[]} labels of the model
 * @param {number} index as the C library has it
 */
export function labelAt(labels, index) {
  if (index === NO_SPEECH) return 'no speech';
  return index === UNCERTAIN ? 'uncertain' : labels[index];
}

/**
 * @param {string[]} labels of the model
 * @param {ArrayLike<number>} values
 * @param {number} at where those of the labels begin
 * @returns {Record<string, number>}
 */
export function named(labels, values, at) {
  return Object.fromEntries(labels.map((label, i) => [label, values[at + i]]));
}

/**
 * @param {string[]} labels of the model
 * @param {ArrayLike<number>} values of all segments
 * @param {number} at where this one's begin
 * @returns {Omit<Segment, 'salience' | 'evidence'>}
 */
export function segmentAt(labels, values, at) {
  return {
    start: values[at],
    end: values[at + 1],
    label: labelAt(labels, values[at + 2]),
    probability: values[at + 3],
    speech_ratio: values[at + 4],
    probabilities: named(labels, values, at + SEGMENT_HEAD),
    intensity: values[at + 5],
    valence: values[at + 6],
    arousal: values[at + 7],
  };
}

/**
 * @param {Segment[]} segments
 * @param {Float64Array} values the same, judged again
 * @param {string[]} labels of the model
 * @returns {Segment[]} new ones
 */
export function judgedAgain(segments, values, labels) {
  return segments.map((segment, i) => ({ ...segment, ...segmentAt(labels, values, i * SEGMENT_SIZE) }));
}

/**
 * @param {Float64Array} before segments
 * @param {Float64Array} after the same, judged again
 * @returns {boolean} whether any is judged otherwise
 */
export function differ(before, after) {
  // All but the first two, which are times, and the addresses, which are of no meaning here.
  const judged = (/** @type {number} */ i) => i % SEGMENT_SIZE === 2 || i % SEGMENT_SIZE >= SEGMENT_HEAD;
  return before.some((value, i) => judged(i) && value !== after[i]);
}

/**
 * What was heard of a recording, out of what was said about it.
 *
 * @param {unknown} result
 * @param {ModelInfo} model
 * @returns {Heard}
 * @throws {EmovoxError} `bad-input`, `evidence-missing`, `evidence-model`
 */
export function heardOf(result, model) {
  const { segments, duration, evidence } = /** @type {Partial<Result>} */ (result ?? {});
  if (!Array.isArray(segments) || !isNumber(duration)) {
    throw new EmovoxError('bad-input', 'Pass a result that analyze(), stream() or listen() gave.');
  }
  if (typeof evidence?.model !== 'string') throw new EmovoxError('evidence-missing');
  if (evidence.model !== model.fingerprint) throw new EmovoxError('evidence-model');
  const { evidenceCount } = model;
  const heard = {
    segments: new Float64Array(segments.length * SEGMENT_SIZE),
    evidence: new Float32Array(segments.length * evidenceCount),
    duration,
  };
  segments.forEach((segment, i) => {
    const { start, end, label, speech_ratio, intensity, evidence: numbers } = segment ?? {};
    if (![start, end, speech_ratio, intensity].every(isNumber) || typeof label !== 'string') {
      throw new EmovoxError('bad-input', `Segment ${i} of this result lacks something. Pass it as analyze() gave it.`);
    }
    const spoken = label !== 'no speech';
    // Which emotion it was said to be is of no consequence.
    heard.segments.set([start, end, spoken ? 0 : NO_SPEECH, 0, speech_ratio, intensity], i * SEGMENT_SIZE);
    if (!spoken) return;
    if (numbers === undefined) throw new EmovoxError('evidence-missing');
    if (!Array.isArray(numbers) || numbers.length !== evidenceCount || !numbers.every(isNumber)) {
      throw new EmovoxError('bad-input', `The evidence of segment ${i} is damaged. Analyse the recording again.`);
    }
    heard.evidence.set(numbers, i * evidenceCount);
  });
  return heard;
}

/** @param {unknown} value @returns {value is number} */
const isNumber = (value) => Number.isFinite(value);

/**
 * @param {Result} result
 * @param {Verdict} verdict on what was heard of it
 * @param {ModelInfo} model
 * @returns {Result} a new one
 */
export function resultOf({ adaptation: _, ...result }, { segments, summary, prior, adaptation }, { labels }) {
  return {
    ...result,
    ...summary,
    prior,
    ...(adaptation && { adaptation }),
    segments: judgedAgain(result.segments, segments, labels),
  };
}
