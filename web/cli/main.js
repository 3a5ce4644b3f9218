#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The command `emovox`; `emovox --help` says what it does.

import { readFile } from 'node:fs/promises';
import { EmovoxError } from '../lib/node.js';
import { anotherThread, load, outcomeOf, schedule, thisThread } from './analyze.js';
import { exists, findTasks, writeWhole } from './files.js';
import { formatted, toJson } from './format.js';
import { help, parse, UsageError } from './options.js';
import { Progress } from './progress.js';
import { rawSamples } from './raw.js';

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
  const failed = options.raw ? await analyzeInput(options, stop.signal) : await analyzeFiles(options, stop.signal);
  if (stop.signal.aborted) return INTERRUPTED;
  return failed ? FAILED : 0;
}

/** @returns {Promise<string>} */
async function version() {
  return JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/**
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether any failed
 */
async function analyzeFiles(options, signal) {
  const found = await findTasks(options);
  if (found.length === 0) throw new EmovoxError('empty', 'There is no recording in this folder.');
  const progress = new Progress(found.length, options.quiet);
  /** @type {Task[]} */
  const tasks = [];
  for (const task of found) {
    if (options.resume && (await exists(task.target ?? ''))) progress.finish(task.file);
    else tasks.push(task);
  }
  const lanes = await openLanes(options, tasks.length, signal);
  const close = () => Promise.all(lanes.map((lane) => lane.close()));
  signal.addEventListener('abort', close);
  let failed = false;
  try {
    const work = async (/** @type {Task} */ task, /** @type {Lane} */ lane) => {
      if (signal.aborted) return { task, outcome: null };
      const outcome = await lane.analyze(task.file, (share) => progress.update(task.file, share));
      progress.finish(task.file);
      return { task, outcome: await save(task, outcome, options) };
    };
    for (const next of schedule(tasks, lanes, work)) {
      const { task, outcome } = await next;
      if (signal.aborted || !outcome) break;
      progress.clear();
      say(task, outcome, options);
      failed ||= outcome.error !== undefined;
    }
  } finally {
    progress.clear();
    await close();
  }
  return failed;
}

/**
 * @param {Options} options
 * @param {number} tasks
 * @param {AbortSignal} signal
 * @returns {Promise<Lane[]>}
 */
async function openLanes(options, tasks, signal) {
  if (tasks === 0) return [];
  const { model, workers, judging, sameSpeaker } = options;
  const emovox = await open(options); // says whether the model can be had, before any thread is started
  const count = Math.min(workers, tasks);
  if (count === 1) {
    const speaker = sameSpeaker ? await emovox.speaker() : undefined;
    return [thisThread(emovox, { ...judging, signal, speaker })];
  }
  await emovox.close();
  return Array.from({ length: count }, () => anotherThread(model, judging));
}

/**
 * @param {Options} options
 * @returns {Promise<import('../lib/node.js').Emovox>}
 * @throws {UsageError} where its segments are shorter than the hop
 */
async function open({ model, judging: { hop = 0 } }) {
  const emovox = await load(model);
  const { sequenceSeconds } = emovox.model;
  if (hop > sequenceSeconds) throw new UsageError(`--hop ${hop}: use a number up to ${sequenceSeconds}`);
  return emovox;
}

/**
 * Raw PCM from standard input.
 *
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it failed
 */
async function analyzeInput(options, signal) {
  const { rate, format, channels } = /** @type {NonNullable<Options['raw']>} */ (options.raw);
  const emovox = await open(options);
  const task = (await findTasks(options))[0];
  const speaker = options.sameSpeaker ? await emovox.speaker() : undefined;
  const blocks = rawSamples(process.stdin, format, channels);
  const how = { ...options.judging, sampleRate: rate, channels, speaker, signal };
  const outcome = await outcomeOf(() => emovox.analyze(blocks, how));
  process.stdin.destroy();
  if (!signal.aborted) say(task, await save(task, outcome, options), options);
  await emovox.close();
  return outcome.error !== undefined;
}

/**
 * Writes the file that was asked for, if one was.
 *
 * @param {Task} task
 * @param {Outcome} outcome
 * @param {Options} options
 * @returns {Promise<Outcome>} a failure, where it cannot be written
 */
async function save({ file, target }, outcome, { format }) {
  if (!outcome.result || target === undefined) return outcome;
  try {
    await writeWhole(target, formatted(format, file, outcome.result));
    return outcome;
  } catch (error) {
    const message = `Cannot write ${target}: ${/** @type {NodeJS.ErrnoException} */ (error).code}.`;
    return { error: { code: 'unwritable', message } };
  }
}

/**
 * @param {Task} task
 * @param {Outcome} outcome
 * @param {Options} options
 */
function say({ file, target }, { result, error }, { format }) {
  if (error && format === 'json' && target === undefined) process.stdout.write(toJson({ file, error }));
  else if (error) process.stderr.write(`${file}: ${error.message}\n`);
  else if (target === undefined) process.stdout.write(formatted(format, file, result));
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
