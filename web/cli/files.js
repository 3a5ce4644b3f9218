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
 *
 * @typedef {{file: string, name: string}} Found a recording, and where it is below the folder that was given
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
export async function findTasks(options) {
  const { paths } = options;
  /** @type {Found[]} */
  const found = [];
  const folders = await Promise.all(paths.map(isFolder));
  for (const [i, path] of paths.entries()) {
    if (!folders[i]) found.push({ file: path, name: nameOf(path) });
    else for (const name of await recordingsIn(path)) found.push({ file: join(path, name), name });
  }
  return tasksFor(found, paths.length > 1 || folders[0], options);
}

/** @param {string} path @returns {string} that of the file to write about it, but for its ending */
export const nameOf = (path) => (path === '-' ? 'stdin' : basename(path));

/**
 * @param {Found[]} found
 * @param {boolean} several recordings were asked for
 * @param {Options} options
 * @returns {Task[]}
 * @throws {UsageError} where two recordings would be written to the same file
 */
export function tasksFor(found, several, { format, out }) {
  const besides = several && format !== 'table' && format !== 'json';
  const targets = new Set();
  return found.map(({ file, name }) => {
    const written = out === undefined ? (besides ? file : undefined) : join(out, name);
    if (written === undefined) return { file };
    const target = `${written}${extensions[format]}`;
    if (targets.has(target)) throw new UsageError(`two recordings would be written to ${target}`);
    targets.add(target);
    return { file, target };
  });
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
