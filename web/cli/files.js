// SPDX-License-Identifier: MIT
//
// Which recordings there are, and where what is said about them goes.

import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { UsageError } from './options.js';

/** @import { Options } from './options.js' */

/**
 * @typedef {object} Task
 * @property {string} file a recording's path, as it was given
 * @property {string} [target] the file to write; without one, standard output
 */

/** Of a folder, these are the recordings. */
const recordings = new Set(
  ['wav', 'wave', 'flac', 'mp3', 'ogg', 'oga', 'opus', 'webm', 'm4a', 'mp4', 'aac'].map((name) => `.${name}`),
);

const extensions = { table: '', json: '.json', csv: '.csv', vtt: '.vtt', audacity: '.txt' };

/**
 * @param {Options} options
 * @returns {Promise<Task[]>} in the order given; those of a folder by name
 * @throws {UsageError} where two recordings would be written to the same file
 */
export async function findTasks({ paths, format, out }) {
  /** @type {Task[]} */
  const tasks = [];
  const folders = await Promise.all(paths.map(isFolder));
  const several = paths.length > 1 || folders[0];
  const besides = several && format !== 'table' && format !== 'json';
  /** @param {string} file @param {string} name where it is below the folder that was given */
  const add = (file, name) => {
    const written = out === undefined ? (besides ? file : undefined) : join(out, name);
    tasks.push({ file, target: written && `${written}${extensions[format]}` });
  };
  for (const [i, path] of paths.entries()) {
    if (!folders[i]) add(path, path === '-' ? 'stdin' : basename(path));
    else for (const name of await recordingsIn(path)) add(join(path, name), name);
  }
  const targets = new Set();
  for (const { target } of tasks) {
    if (target === undefined) continue;
    if (targets.has(target)) throw new UsageError(`two recordings would be written to ${target}`);
    targets.add(target);
  }
  return tasks;
}

/** @param {string} path */
const isFolder = (path) =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false, // said when it is its turn
  );

/** @param {string} folder @returns {Promise<string[]>} paths below it */
async function recordingsIn(folder) {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => recordings.has(extname(name).toLowerCase())).sort();
}

/** @param {string} path */
export const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Writes a file that is there whole or not at all.
 *
 * @param {string} path its folder is made
 * @param {string} text
 */
export async function writeWhole(path, text) {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
