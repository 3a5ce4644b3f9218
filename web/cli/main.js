#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The command `emovox`; `emovox --help` says what it does.

import { readFile } from 'node:fs/promises';
import { EmovoxError } from '../lib/node.js';
import { analysisKinds } from '../lib/options.js';
import { anotherThread, load, outcomeOf, schedule, thisThread } from './analyze.js';
import { exists, findTasks, nameOf, tasksFor, writeWhole } from './files.js';
import { formatted, toJson } from './format.js';
import { judgeTogether, readResults, withoutEvidence } from './judge.js';
import { help, parse, UsageError } from './options.js';
import { Progress } from './progress.js';
import { rawSamples } from './raw.js';

/** @import { Emovox } from '../lib/node.js' */
/** @import { Lane } from './analyze.js' */
/** @import { Task } from './files.js' */
/** @import { Outcome } from './format.js' */
/** @import { Options } from './options.js' */

/** Exit status. */
const [FAILED, USAGE, INTERRUPTED] = [1, 2, 130];

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
async function main(args) {
  const options = parse(args);
  if (options === 'help' || options === 'version') {
    process.stdout.write(options === 'help' ? help : `emovox ${await version()}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const emovox = await open(options); // says what is wrong with the options, before anything else is begun
  const work = options.command === 'judge' ? judgeResults : options.raw ? analyzeInput : analyzeFiles;
  const failed = await work(emovox, options, stop.signal).finally(() => emovox.close());
  if (stop.signal.aborted) return INTERRUPTED;
  return failed ? FAILED : 0;
}

/** @returns {Promise<string>} */
async function version() {
  return JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/**
 * @param {Options} options
 * @returns {Promise<Emovox>}
 * @throws {UsageError} where the options do not fit the model
 */
async function open({ model, judging }) {
  const emovox = await load(model);
  for (const [name, [fits, words]] of Object.entries(analysisKinds(emovox.model))) {
    const value = judging[/** @type {keyof typeof judging} */ (name)];
    if (value === undefined || fits(value, judging)) continue;
    throw new UsageError(`--${name}: use ${typeof words === 'string' ? words : words(value)}`);
  }
  return emovox;
}

/**
 * @param {Emovox} emovox
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether any failed
 */
async function analyzeFiles(emovox, options, signal) {
  const found = await findTasks(options);
  if (found.length === 0) throw new EmovoxError('empty', 'There is no recording in this folder.');
  const progress = new Progress(found.length, options.quiet);
  /** @type {Task[]} */
  const tasks = [];
  for (const task of found) {
    if (options.resume && (await exists(task.target ?? ''))) progress.finish(task.file);
    else tasks.push(task);
  }
  const lanes = openLanes(emovox, options, tasks.length, signal);
  const close = () => Promise.all(lanes.map((lane) => lane.close()));
  signal.addEventListener('abort', close);
  try {
    const work = async (/** @type {Task} */ task, /** @type {Lane} */ lane) => {
      if (signal.aborted) return { task, outcome: null };
      const outcome = await lane.analyze(task.file, (share) => progress.update(task.file, share));
      progress.finish(task.file);
      return { task, outcome: options.sameSpeaker ? outcome : await save(task, outcome, options) };
    };
    /** @type {{task: Task, outcome: Outcome}[]} */
    const session = [];
    let failed = false;
    for (const next of schedule(tasks, lanes, work)) {
      const { task, outcome } = await next;
      if (signal.aborted || !outcome) return failed;
      progress.clear();
      if (options.sameSpeaker) session.push({ task, outcome });
      else failed = say(task, outcome, options) || failed;
    }
    return options.sameSpeaker ? await tellTogether(emovox, session, options) : failed;
  } finally {
    progress.clear();
    await close();
  }
}

/**
 * @param {Emovox} emovox
 * @param {Options} options
 * @param {number} tasks
 * @param {AbortSignal} signal
 * @returns {Lane[]}
 */
function openLanes(emovox, options, tasks, signal) {
  const count = Math.min(options.workers, tasks);
  const how = analysis(options);
  if (count === 1) return [thisThread(emovox, { ...how, signal })];
  return Array.from({ length: count }, () => anotherThread(options.model, how));
}

/** @param {Options} options */
const analysis = ({ judging, evidence, sameSpeaker }) => ({ ...judging, evidence: evidence || sameSpeaker });

/**
 * Raw PCM from standard input.
 *
 * @param {Emovox} emovox
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it failed
 */
async function analyzeInput(emovox, options, signal) {
  const { rate, format, channels } = /** @type {NonNullable<Options['raw']>} */ (options.raw);
  const [task] = await findTasks(options);
  const blocks = rawSamples(process.stdin, format, channels);
  const how = { ...analysis(options), sampleRate: rate, channels, signal };
  const outcome = await outcomeOf(() => emovox.analyze(blocks, how));
  process.stdin.destroy();
  if (signal.aborted) return false;
  if (options.sameSpeaker) return tellTogether(emovox, [{ task, outcome }], options);
  return say(task, await save(task, outcome, options), options);
}

/**
 * What --json --evidence wrote, in another light.
 *
 * @param {Emovox} emovox
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether any failed
 */
async function judgeResults(emovox, options, signal) {
  const read = await readResults(options.paths);
  const found = read.map(({ file }) => ({ file, name: nameOf(file) }));
  const tasks = tasksFor(found, found.length > 1, options);
  const session = read.map(({ outcome }, i) => ({ task: tasks[i], outcome }));
  if (options.sameSpeaker) return tellTogether(emovox, session, options);
  const { hop, ...how } = options.judging;
  let failed = false;
  for (const { task, outcome } of session) {
    if (signal.aborted) break;
    const { result } = outcome;
    const judged = result ? await outcomeOf(() => emovox.judge(result, how)) : outcome;
    failed = say(task, await save(task, judged, options), options) || failed;
  }
  return failed;
}

/**
 * Tells of recordings of one person when all have been heard.
 *
 * @param {Emovox} emovox
 * @param {{task: Task, outcome: Outcome}[]} session results with evidence, in order
 * @param {Options} options
 * @returns {Promise<boolean>} whether any failed
 */
async function tellTogether(emovox, session, options) {
  const { hop, ...how } = options.judging;
  const outcomes = session.map(({ outcome }) => outcome);
  let failed = false;
  for (const [i, outcome] of (await judgeTogether(emovox, outcomes, how)).entries()) {
    const { task } = session[i];
    failed = say(task, await save(task, outcome, options), options) || failed;
  }
  return failed;
}

/**
 * Writes the file that was asked for, if one was.
 *
 * @param {Task} task
 * @param {Outcome} outcome
 * @param {Options} options
 * @returns {Promise<Outcome>} a failure, where it cannot be written
 */
async function save({ file, target }, outcome, options) {
  if (!outcome.result || target === undefined) return outcome;
  try {
    await writeWhole(target, text(file, outcome.result, options));
    return outcome;
  } catch (error) {
    const message = `Cannot write ${target}: ${/** @type {NodeJS.ErrnoException} */ (error).code}.`;
    return { error: { code: 'unwritable', message } };
  }
}

/**
 * @param {string} file
 * @param {import('../lib/result.js').Result} result
 * @param {Options} options
 */
const text = (file, result, { format, evidence }) =>
  formatted(format, file, evidence ? result : withoutEvidence(result));

/**
 * @param {Task} task
 * @param {Outcome} outcome
 * @param {Options} options
 * @returns {boolean} whether it failed
 */
function say({ file, target }, { result, error }, options) {
  if (!error) {
    if (target === undefined) process.stdout.write(text(file, result, options));
    return false;
  }
  if (options.format === 'json' && target === undefined) process.stdout.write(toJson({ file, error }));
  else process.stderr.write(`${file}: ${error.message}\n`);
  return true;
}

// Whoever reads has enough, as `head`.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(0);
  throw error;
});

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    const usage = error instanceof UsageError;
    process.stderr.write(`emovox: ${error.message}${usage ? ' (see emovox --help)' : ''}\n`);
    process.exitCode = usage ? USAGE : FAILED;
  },
);
