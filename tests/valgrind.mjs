// SPDX-License-Identifier: MIT
//
// npm run valgrind: the C tests, and the command line on good, truncated and meaningless files, under Memcheck, which
// unlike the sanitizers sees values that were never set, and into the libraries.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root, SetupError } from '../src/deps/setup.mjs';
import { buildPlain } from './plain.mjs';

const found = 99;
const memcheck = [
  '--quiet',
  `--error-exitcode=${found}`,
  '--leak-check=full',
  '--errors-for-leak-kinds=definite,indirect',
  '--suppressions=tests/valgrind.supp',
];

/** Prints what was found in a run. @param {string} title @param {string[]} command @param {number[]} expected statuses */
function watch(title, command, expected) {
  const { status, stderr, stdout } = spawnSync('valgrind', [...memcheck, ...command], { cwd: root, encoding: 'utf8' });
  const good = status !== null && expected.includes(status);
  console.log(`${good ? 'ok    ' : 'FAILED'} ${title}`);
  if (!good) console.log(`${stdout.slice(-2000)}${stderr}`);
  return good;
}

/** Half a file of every format, its beginning before noise, noise alone, nothing. @param {string} folder */
function writeBroken(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let state = 1;
  const noise = Buffer.from(
    Array.from({ length: 20000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
  for (const name of readdirSync(path.join(root, 'tests/data/formats'))) {
    const whole = readFileSync(path.join(root, 'tests/data/formats', name));
    writeFileSync(path.join(folder, `cut-${name}`), whole.subarray(0, Math.floor(whole.length / 2)));
    writeFileSync(path.join(folder, `noise-${name}`), Buffer.concat([whole.subarray(0, 200), noise]));
  }
  writeFileSync(path.join(folder, 'noise'), noise);
  writeFileSync(path.join(folder, 'nothing'), '');
}

await main(async () => {
  await ensure({ valgrind: true });
  const build = buildPlain('gcc', '-O2');
  const broken = path.join(root, 'build/valgrind');
  writeBroken(broken);
  const files = (/** @type {string} */ folder) => readdirSync(folder).map((name) => path.join(folder, name));
  const cli = path.join(build, 'emovox');
  const profile = path.join(broken, 'profile');
  const data = path.join(root, 'tests/data');
  const speech = files(path.join(data, 'speech'));
  const heard = path.join(broken, 'heard.jsonl');
  const damaged = path.join(broken, 'damaged.jsonl');
  const bad = files(broken);

  const evidence = execFileSync(cli, ['analyze', '--json', '--evidence', '--salience', ...speech]);
  writeFileSync(heard, evidence);
  writeFileSync(damaged, Array.from({ length: 20 }, (_, i) => `${evidence.subarray(0, 97 * i * i)}\n`).join(''));

  const tests = readdirSync(build).filter((name) => /^test_[a-z0-9_]+$/.test(name));
  if (tests.length === 0) throw new SetupError('There are no C tests.');
  const runs = [
    ...tests.map((name) => watch(name, [path.join(build, name)], [0])),
    ...speech.map((file) => watch(file, [cli, 'analyze', '--json', '--salience', file], [0])),
    // What libsndfile cannot read is no error here; what it makes of noise is its own.
    ...[...files(path.join(data, 'formats')), ...bad].map((file) => watch(file, [cli, 'analyze', file], [0, 1])),
    watch('large', [cli, 'analyze', '--model', 'large', path.join(data, 'formats/angry.wav')], [0]),
    watch('enroll', [cli, 'enroll', '--speaker', profile, path.join(data, 'formats/angry.wav')], [0]),
    watch('features', [cli, 'features', path.join(data, 'formats/angry.wav'), '--out', `${profile}.npy`], [0]),
    watch('evidence', [cli, 'analyze', '--json', '--evidence', '--salience', '--same-speaker', ...speech], [0]),
    watch(
      'judge',
      [cli, 'judge', '--json', '--same-speaker', '--prior', 'sad=2', '--labels', 'neutral,sad', heard],
      [0],
    ),
    watch('judge what is damaged', [cli, 'judge', '--same-speaker', damaged, ...bad], [1]),
    watch('usage', [cli, 'sing'], [2]),
  ];
  const failed = runs.filter((good) => !good).length;
  console.log(`${runs.length} runs, ${failed} with findings`);
  if (failed) process.exitCode = 1;
});
