// SPDX-License-Identifier: MIT
//
// What the native build says, in the shape that the library gives it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @param {string[]} paths
 * @param {string[]} [options]
 * @returns {any[]} a result without schema and engine per path
 */
export function nativeResults(paths, options = []) {
  const { stdout } = spawnSync(`${root}build/native/emovox`, ['analyze', '--json', '--salience', ...options, ...paths]);
  const flat = ({ derived, ...rest }) => ({ ...rest, ...derived });
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const { model, salience_seconds, ...result } = JSON.parse(line);
      return { ...flat(result), segments: result.segments?.map(flat) };
    });
}
