// SPDX-License-Identifier: MIT

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../build/native/emovox', import.meta.url));

/**
 * What the native build says about a recording.
 * @param {string} path
 */
export function nativeResult(path) {
  return JSON.parse(execFileSync(cli, ['analyze', '--json', path], { encoding: 'utf8' }));
}
