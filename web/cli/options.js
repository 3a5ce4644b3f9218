// SPDX-License-Identifier: MIT

import { parseArgs } from 'node:util';
import { labelsFrom, priorFrom } from '../lib/judging.js';
import { minHopSeconds } from '../lib/options.js';

/** @typedef {'table' | 'json' | 'csv' | 'vtt' | 'audacity'} Format */

/**
 * @typedef {object} Options
 * @property {'analyze' | 'judge'} command
 * @property {string[]} paths files and folders, or only `-`; of results where these are judged
 * @property {Format} format of the output
 * @property {string} [out] a folder
 * @property {string} model a name or a path
 * @property {Judging} judging
 * @property {boolean} evidence is to be told
 * @property {boolean} sameSpeaker
 * @property {number} workers
 * @property {boolean} resume
 * @property {{rate: number, format: 'f32' | 's16', channels: number}} [raw] what comes through standard input
 * @property {boolean} quiet
 */

/**
 * What the library takes under the same names, whatever the model may say of it.
 *
 * @typedef {Pick<import('../lib/node.js').AnalyzeOptions, 'hop' | 'prior' | 'labels' | 'threshold'>} Judging
 */

/** Wrong usage; the message names the option. */
export class UsageError extends Error {}

export const help = `usage: emovox [OPTION...] FILE|FOLDER...
       emovox [OPTION...] --rate HZ -
       emovox judge [OPTION...] RESULTS...|-

Tells the emotion in each recording: the verdict and how probable it is, the agreement (share of the segments that
voted for it), intensity, distribution and timeline. WAV, FLAC, MP3, Ogg (Vorbis, Opus) and WebM are read, M4A once the
package @audio/decode-aac is installed beside this one. Of a folder, all recordings in it and below.

judge judges once more, without the audio, what --json --evidence wrote, files or standard input (-), and tells it in
the same ways. Its JSON can be judged again.

Output, a table for people unless one of these is given:
  --json            one JSON object per line: file and the fields that result.schema.json describes, or file and error
                    (code, message) where a file fails
  --csv             a row per segment: start and end in seconds, label, shares 0..1
  --vtt             captions (WebVTT)
  --audacity        a label track for Audacity
  --out DIR         a file per recording in DIR: RECORDING.json, .csv, .vtt or .txt. Without it, --csv, --vtt and
                    --audacity write to standard output for one recording, and next to each of several
  --evidence        with --json: results hold what they were made of, so that they can be judged anew
  --resume          with --out: recordings whose file is there already are skipped
  --quiet           no progress bar

Analysis:
  --model M         small (default), large or the path of a model file
  --hop S           seconds from one segment's start to the next, 0.25 to the length of a segment (4); by default the
                    model's (2)
  --workers N       analyse N recordings at a time, 1 (default) to 64

Judgement:
  --prior P         how common each emotion is where the recordings come from: everyday (default), even (of actors, who
                    play all alike), or weights, as neutral=2,sad=0.5, from 0 to 1000000; those left out count 1
  --labels L        the emotions that may be the answer, two or more, as neutral,happy,sad,angry; by default all
  --threshold P     a segment whose most probable emotion is less probable than P, 0 to 1, votes uncertain; 0 forces an
                    answer; by default the model's
  --same-speaker    the recordings are one person's session, in this order: they are told when the last one was heard,
                    judged by what all of them told about the speaker

Raw PCM from standard input, little-endian:
  -                 instead of files
  --rate HZ         sample rate, 8000 to 192000
  --format F        s16 (default) or f32
  --channels N      interleaved, 1 (default) to 32

  --help, --version

Exit status: 0 if all recordings were analysed, 1 if any failed (the others are still done), 2 for wrong usage, 130
after Ctrl-C.
`;

const flag = /** @type {const} */ ({ type: 'boolean' });
const value = /** @type {const} */ ({ type: 'string' });
const known = {
  ...{ json: flag, csv: flag, vtt: flag, audacity: flag, out: value, evidence: flag, resume: flag, quiet: flag },
  ...{ model: value, hop: value, workers: value },
  ...{ prior: value, labels: value, threshold: value, 'same-speaker': flag },
  ...{ rate: value, format: value, channels: value },
  ...{ help: flag, version: flag },
};

/** What is of no use where results are judged. */
const ofAudio = /** @type {const} */ (['evidence', 'hop', 'workers', 'resume', 'rate', 'format', 'channels']);

/**
 * @param {string[]} args
 * @returns {Options | 'help' | 'version'}
 * @throws {UsageError}
 */
export function parse(args) {
  const { values: given, positionals } = parsed(args);
  if (given.help) return 'help';
  if (given.version) return 'version';
  const command = positionals[0] === 'judge' ? 'judge' : 'analyze';
  const paths = command === 'judge' ? positionals.slice(1) : positionals;
  const formats = /** @type {const} */ (['json', 'csv', 'vtt', 'audacity']).filter((name) => given[name]);
  if (formats.length > 1) throw new UsageError(`--${formats[0]} and --${formats[1]} exclude each other`);
  const [format = 'table'] = formats;
  const workers = integer('workers', given.workers ?? '1', 1, 64);
  if (paths.length === 0) throw new UsageError(command === 'judge' ? 'no results given' : 'no recording given');
  const useless = command === 'judge' && ofAudio.find((name) => given[name] !== undefined);
  if (useless) throw new UsageError(`judge takes no --${useless}`);
  if (given.out !== undefined && format === 'table') {
    throw new UsageError('--out needs --json, --csv, --vtt or --audacity');
  }
  if (given.resume && given.out === undefined) throw new UsageError('--resume needs --out');
  if (given.evidence && format !== 'json') throw new UsageError('--evidence needs --json');
  if (given['same-speaker'] && given.resume) throw new UsageError('--same-speaker and --resume exclude each other');
  return {
    command,
    paths,
    format,
    workers,
    raw: command === 'judge' ? undefined : rawFormat(paths, given),
    out: given.out,
    model: given.model ?? 'small',
    judging: {
      hop: decimal('hop', given.hop, minHopSeconds),
      prior: given.prior === undefined ? undefined : priorFrom(given.prior),
      labels: given.labels === undefined ? undefined : labelsFrom(given.labels),
      threshold: decimal('threshold', given.threshold, 0, 1),
    },
    evidence: given.evidence ?? command === 'judge',
    sameSpeaker: given['same-speaker'] ?? false,
    resume: given.resume ?? false,
    quiet: given.quiet ?? false,
  };
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({ args, options: known, allowPositionals: true });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message.split(/\. |\n/)[0]);
  }
}

/**
 * @param {string[]} paths
 * @param {{rate?: string, format?: string, channels?: string}} given
 * @returns {Options['raw']}
 */
function rawFormat(paths, given) {
  if (!paths.includes('-')) {
    const wrong = /** @type {const} */ (['rate', 'format', 'channels']).find((name) => given[name] !== undefined);
    if (wrong) throw new UsageError(`--${wrong} is only for raw PCM from standard input, "-"`);
    return undefined;
  }
  if (paths.length > 1) throw new UsageError('"-" goes with no other recording');
  if (given.rate === undefined) throw new UsageError('"-" needs --rate');
  const { format = 's16' } = given;
  if (format !== 's16' && format !== 'f32') throw new UsageError(`--format ${format}: use s16 or f32`);
  const rate = integer('rate', given.rate, 8000, 192000);
  return { rate, format, channels: integer('channels', given.channels ?? '1', 1, 32) };
}

/**
 * @param {string} name of the option
 * @param {string | undefined} text
 * @param {number} least
 * @param {number} [most]
 */
function decimal(name, text, least, most = Infinity) {
  if (text === undefined) return undefined;
  const number = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} ${text}: use a number from ${least}${most < Infinity ? ` to ${most}` : ' up'}`);
}

/**
 * @param {string} name of the option
 * @param {string} text
 * @param {number} least
 * @param {number} most
 */
function integer(name, text, least, most) {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} ${text}: use a whole number from ${least} to ${most}`);
}
