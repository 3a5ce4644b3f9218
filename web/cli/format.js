// SPDX-License-Identifier: MIT
//
// What is said about a recording, in each format.

import { toAudacityLabels, toCsv, toWebVtt } from '../lib/export.js';

/** @import { Result } from '../lib/result.js' */
/** @import { Format } from './options.js' */

/** @typedef {{code: string, message: string}} Failure */
/** @typedef {{result: Result, error?: undefined} | {error: Failure, result?: undefined}} Outcome */

/**
 * @param {Format} format
 * @param {string} file
 * @param {Result} result
 * @returns {string}
 */
export function formatted(format, file, result) {
  switch (format) {
    case 'json':
      return toJson({ file, ...result });
    case 'csv':
      return toCsv(result);
    case 'vtt':
      return toWebVtt(result);
    case 'audacity':
      return toAudacityLabels(result);
    case 'table':
      return toTable(file, result);
  }
}

/**
 * @param {object} value
 * @returns {string} a line. More than six digits after the dot would be noise, but for evidence, of which every bit is
 *   told: nine digits do that for a float
 */
export function toJson(value) {
  /** @type {unknown} */ let exact;
  /** @type {(this: unknown, key: string, part: unknown) => unknown} */
  const rounded = function (key, part) {
    if (key === 'evidence' && Array.isArray(part)) exact = part;
    if (typeof part !== 'number') return part;
    return this === exact ? Number(part.toPrecision(9)) : Math.round(part * 1e6) / 1e6;
  };
  return `${JSON.stringify(value, rounded)}\n`;
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0).padStart(3)} %`;

/** @param {number} seconds @returns {string} m:ss.s */
function clock(seconds) {
  const tenths = Math.round(10 * seconds);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`.padStart(7);
}

/** @param {string} file @param {Result} result */
function toTable(file, result) {
  const { duration, emotion, agreement, probability, intensity, votes, probabilities, adaptation, segments } = result;
  const voting = Object.values(votes).reduce((sum, count) => sum + count, 0);
  const verdict = voting
    ? `${emotion}, probability ${percent(probability).trim()}, agreement ${percent(agreement).trim()}: ` +
      `${voting} segment${voting === 1 ? '' : 's'} voted`
    : emotion;
  const lines = [`${file}  (${duration.toFixed(1)} s)`, `  ${verdict}`];
  if (voting) lines.push(`  intensity ${percent(intensity).trim()}`);
  if (adaptation) {
    const { seconds, weight } = adaptation;
    const known = `${seconds.toFixed(1)} s of the speaker known`;
    lines.push(`  ${known}, verdicts adapted by ${percent(weight).trim()}`);
  }
  if (voting) {
    lines.push('', `  ${'emotion'.padEnd(12)} ${' votes'}  mean probability`);
    for (const [name, mean] of Object.entries(probabilities)) {
      lines.push(`  ${name.padEnd(12)} ${String(votes[name]).padStart(6)}  ${percent(mean)}`);
    }
    if (votes.uncertain) lines.push(`  ${'uncertain'.padEnd(12)} ${String(votes.uncertain).padStart(6)}`);
  }
  lines.push('');
  for (const { start, end, label, probability: share } of segments) {
    const sure = label === 'no speech' ? '' : ` ${percent(share)}`;
    lines.push(`  ${clock(start)} -${clock(end)}  ${label.padEnd(10)}${sure}`.trimEnd());
  }
  return `${lines.join('\n')}\n\n`;
}
