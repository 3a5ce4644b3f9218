// SPDX-License-Identifier: MIT
//
// What the native build says, in the shape that the library gives it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The log-mel frames of recordings.
 *
 * @param {string[]} paths
 * @returns {{frames: number, values: Float32Array}[]} 80 values per frame
 */
export function nativeFeatures(paths) {
  const folder = mkdtempSync(join(tmpdir(), 'emovox-features-'));
  try {
    const out = join(folder, 'x.npy');
    spawnSync(`${root}build/native/emovox`, ['features', ...paths, '--out', out]);
    const bytes = readFileSync(out);
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
    const rows = readFileSync(`${out}.tsv`, 'utf8').trim().split('\n').slice(1);
    return rows.map((row) => {
      const [, start, frames] = row.split('\t').map(Number);
      return { frames, values: values.subarray(80 * start, 80 * (start + frames)) };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string[]} paths
 * @param {string[]} [options]
 * @returns {any[]} a result without schema and engine per path; of one speaker, all are judged by the whole
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
