// SPDX-License-Identifier: MIT
//
// npm run compilers -- [--seed N] [--configurations N]: gcc and clang, without optimisation and with much of it: the C
// tests pass, and all say the same of the speech in tests/data and of configurations drawn at random, each seed others.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, main, root, SetupError } from '../src/deps/setup.mjs';
import { buildPlain } from './plain.mjs';

const levels = ['-O0', '-O2', '-O3'];
const compilers = /** @type {const} */ (['gcc', 'clang']);
const tolerance = 1e-4;
/** What may differ within the tolerance; all else is the same. */
const measured = new Set([
  ...['agreement', 'confidence', 'probability', 'probabilities', 'prior', 'intensity', 'valence', 'arousal'],
  ...['speech_ratio', 'weight'],
]);

const speech = readdirSync(path.join(root, 'tests/data/speech')).map((name) => path.join('tests/data/speech', name));

/** @param {string} text @returns {any[]} its lines that are JSON */
const jsonLines = (text) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

/**
 * The greatest difference of measured numbers. Throws if anything else differs.
 *
 * @param {any} a
 * @param {any} b
 * @param {string} [at]
 * @param {boolean} [isMeasured]
 * @returns {number}
 */
function difference(a, b, at = '', isMeasured = false) {
  if (typeof a === 'object' && typeof b === 'object') {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return Math.max(
      0,
      ...[...keys].map((key) => difference(a[key], b[key], `${at}.${key}`, isMeasured || measured.has(key))),
    );
  }
  const distance = a === b ? 0 : isMeasured ? Math.abs(a - b) : Infinity;
  if (!(distance <= tolerance)) throw new SetupError(`${at}: ${a} and ${b}`);
  return distance;
}

await main(async () => {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, configurations: { type: 'string', default: '50' } },
  });
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32));
  await ensure({ compilers: true });
  console.log(`${values.configurations} configurations, --seed ${seed}`);
  const env = { ...process.env, EMOVOX_SEED: seed, EMOVOX_CONFIGURATIONS: values.configurations };
  /** @type {any[] | undefined} */
  let first;
  let widest = 0;
  for (const compiler of compilers) {
    for (const level of levels) {
      const folder = buildPlain(compiler, level);
      const tests = spawnSync('ctest', ['--test-dir', folder, '--output-on-failure'], { cwd: root, encoding: 'utf8' });
      if (tests.status !== 0) throw new SetupError(`${compiler} ${level}: the C tests fail.\n${tests.stdout}`);
      const run = (/** @type {string} */ program, /** @type {string[]} */ args) =>
        jsonLines(execFileSync(path.join(folder, program), args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' }));
      const models = ['small', 'large'].map((model) =>
        run('emovox', ['analyze', '--json', '--model', model, ...speech]),
      );
      const results = [...models.flat(), ...run('test_configurations', [])];
      first ??= results;
      const furthest = difference(results, first, `${compiler} ${level}`);
      widest = Math.max(widest, furthest);
      const segments = results.reduce((sum, result) => sum + result.segments.length, 0);
      const summary = /\d+ tests failed out of \d+/.exec(tests.stdout)?.[0];
      console.log(`${compiler} ${level}: ${summary}; ${segments} segments agree within ${furthest}`);
    }
  }
  console.log(
    `${compilers.length * levels.length} builds agree in every label, vote and time; numbers within ${widest}`,
  );
});
