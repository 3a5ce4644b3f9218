// SPDX-License-Identifier: MIT
//
// Analysing files, in this thread or in others.

import { open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Emovox, EmovoxError } from '../lib/node.js';

/** @import { AnalyzeOptions, Source } from '../lib/node.js' */
/** @import { Outcome } from './format.js' */

/**
 * Does one file after the other.
 *
 * @typedef {object} Lane
 * @property {(file: string, onProgress: (share: number) => void) => Promise<Outcome>} analyze the share is 0..1
 * @property {() => Promise<unknown>} close
 */

/**
 * @param {string} model a name or a path
 * @returns {Promise<Emovox>}
 * @throws {EmovoxError} `model-load`, `model-invalid`
 */
export async function load(model) {
  if (model === 'small' || model === 'large') return Emovox.create({ model });
  const bytes = await readFile(model).catch((error) => {
    const message = `Cannot read the model ${model}: ${error.code}. Use small, large or the path of a model file.`;
    throw new EmovoxError('model-load', message);
  });
  return Emovox.create({ model: bytes });
}

/**
 * @param {Emovox} emovox
 * @param {string} file
 * @param {AnalyzeOptions} options
 * @returns {Promise<Outcome>}
 */
export function analyzeFile(emovox, file, options) {
  return outcomeOf(async () => {
    const handle = await open(file).catch((error) => {
      throw new Unreadable(`Cannot open the file: ${error.code}.`);
    });
    const { size } = await handle.stat().finally(() => handle.close());
    if (size === 0) throw new EmovoxError('empty');
    return emovox.analyze(pathToFileURL(resolve(file)), options);
  });
}

/** Not even opened. */
export class Unreadable extends Error {
  code = 'unreadable';
}

/**
 * @param {() => Promise<import('../lib/result.js').Result>} work
 * @returns {Promise<Outcome>}
 */
export async function outcomeOf(work) {
  try {
    return { result: await work() };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

/**
 * @param {unknown} thrown
 * @returns {Outcome}
 */
export function failureOf(thrown) {
  const { code, message } = thrown instanceof Unreadable ? thrown : EmovoxError.from(thrown);
  return { error: { code, message } };
}

/**
 * @param {Emovox} emovox
 * @param {AnalyzeOptions} options for each file
 * @returns {Lane}
 */
export function thisThread(emovox, options) {
  return {
    analyze: (file, onProgress) =>
      analyzeFile(emovox, file, {
        ...options,
        onProgress: ({ seconds, duration }) => onProgress(duration ? seconds / duration : 0),
      }),
    close: () => emovox.close(),
  };
}

/**
 * @param {string} model a name or a path
 * @param {AnalyzeOptions} options for each file, without functions
 * @returns {Lane}
 */
export function anotherThread(model, options) {
  const worker = new Worker(new URL('./cli-worker.js', import.meta.url), { workerData: { model, options } });
  /** @type {((outcome: Outcome) => void) | undefined} */ let settle;
  /** @type {(share: number) => void} */ let report = () => {};
  /** Why there is no thread any more. @type {Outcome | undefined} */ let ended;
  const end = (/** @type {string} */ message) => {
    ended ??= { error: { code: 'internal', message } };
    settle?.(ended);
  };
  worker.on('message', (/** @type {number | Outcome} */ message) => {
    if (typeof message === 'number') report(message);
    else settle?.(message);
  });
  worker.on('error', ({ message }) => end(`A thread failed: ${message}`));
  worker.on('exit', () => end('The thread has ended.'));
  return {
    analyze: (file, onProgress) =>
      new Promise((resolve) => {
        if (ended) return resolve(ended);
        settle = resolve;
        report = onProgress;
        worker.postMessage(file);
      }),
    close: () => worker.terminate(),
  };
}

/**
 * Gives each task to the next lane that is free.
 *
 * @template T, R
 * @param {T[]} tasks
 * @param {Lane[]} lanes
 * @param {(task: T, lane: Lane) => Promise<R>} work that never rejects
 * @returns {Promise<R>[]} in the order of the tasks
 */
export function schedule(tasks, lanes, work) {
  const slots = tasks.map(() => {
    let settle = (/** @type {R} */ _) => {};
    const promise = /** @type {Promise<R>} */ (
      new Promise((resolve) => {
        settle = resolve;
      })
    );
    return { promise, settle };
  });
  let next = 0;
  for (const lane of lanes) {
    (async () => {
      while (next < tasks.length) {
        const at = next++;
        slots[at].settle(await work(tasks[at], lane));
      }
    })();
  }
  return slots.map(({ promise }) => promise);
}
