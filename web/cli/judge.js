// SPDX-License-Identifier: MIT
//
// Judging results again: those that were written down, and those of one person by what all of them tell.

import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { EmovoxError } from '../lib/node.js';
import { failureOf, outcomeOf, Unreadable } from './analyze.js';

/** @import { Emovox, JudgeOptions, Result } from '../lib/node.js' */
/** @import { Outcome } from './format.js' */

/** @typedef {{file: string, outcome: Outcome}} Read the recording that a line names, and what it says about it */

/**
 * @param {Emovox} emovox
 * @param {Outcome[]} outcomes results with evidence of one person, in order
 * @param {Omit<JudgeOptions, 'speaker'>} how
 * @returns {Promise<Outcome[]>} each judged by what all of them tell about the speaker
 */
export async function judgeTogether(emovox, outcomes, how) {
  const speaker = await emovox.speaker();
  /** @type {Outcome[]} */
  const heard = [];
  for (const outcome of outcomes) {
    const { result } = outcome;
    heard.push(result ? await outcomeOf(() => speaker.hear(result).then(() => result)) : outcome);
  }
  return Promise.all(
    heard.map((outcome) => {
      const { result } = outcome;
      return result ? outcomeOf(() => emovox.judge(result, { ...how, speaker })) : outcome;
    }),
  );
}

/** @param {Result} result @returns {Result} */
export function withoutEvidence({ evidence: _, segments, ...rest }) {
  return { ...rest, segments: segments.map(({ evidence: __, ...segment }) => segment) };
}

/**
 * @param {string[]} paths of files with a JSON object per line, as --json writes them; `-` is standard input
 * @returns {Promise<Read[]>}
 */
export async function readResults(paths) {
  const files = paths.map(async (path) => {
    try {
      const lines = (await (path === '-' ? readAll(process.stdin) : readFile(path, 'utf8'))).split('\n');
      const read = lines.flatMap((line, i) => (line.trim() ? [readResult(line, `${path}:${i + 1}`)] : []));
      if (read.length === 0) throw new EmovoxError('empty', 'There is no result in it.');
      if (read[0].outcome.error?.code === 'bad-input') throw notResults(); // it is something else altogether
      return read;
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      const thrown = error instanceof EmovoxError ? error : new Unreadable(`Cannot open the file: ${code}.`);
      return [{ file: path, outcome: failureOf(thrown) }];
    }
  });
  return (await Promise.all(files)).flat();
}

/**
 * @param {string} line
 * @param {string} place where it stands
 * @returns {Read}
 */
function readResult(line, place) {
  let said;
  try {
    said = JSON.parse(line);
  } catch {
    return { file: place, outcome: failureOf(notResults()) };
  }
  const { file, error, ...result } = said ?? {};
  const failed = typeof error?.message === 'string';
  return { file: typeof file === 'string' ? file : place, outcome: failed ? { error } : { result } };
}

const notResults = () => new EmovoxError('bad-input', 'This is not JSON. Pass what emovox --json --evidence wrote.');
