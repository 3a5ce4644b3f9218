// SPDX-License-Identifier: MIT

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../build/native/emovox', import.meta.url));

/**
 * What the native build says about a recording.
 *
 * @param {string} path
 * @param {...string} options
 */
export function nativeResult(path, ...options) {
  return JSON.parse(execFileSync(cli, ['analyze', '--json', ...options, path], { encoding: 'utf8' }));
}

/**
 * Lets the native build learn how somebody sounds.
 *
 * @param {string} profile path of the file that it writes
 * @param {string} path of a recording
 */
export function nativeEnroll(profile, path) {
  execFileSync(cli, ['enroll', '--speaker', profile, path]);
}
