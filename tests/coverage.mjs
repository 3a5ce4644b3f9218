// SPDX-License-Identifier: MIT
//
// npm run coverage: which branches of the C core its unit tests take. Fails where too many are left; prints those.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root, SetupError } from '../src/deps/setup.mjs';

/** Least share of the branches, in percent. What reads hostile files, and what counts votes, has to be covered. */
const least = { core: 92, critical: 98 };
const critical = [
  'nn/safetensors.c',
  'pipeline/judging.c',
  'pipeline/model.c',
  'pipeline/sequencer.c',
  'pipeline/speaker.c',
  'pipeline/vote.c',
];

const build = path.join(root, 'build/coverage');

/** @typedef {{filename: string, summary: {branches: {count: number, covered: number}}, branches: number[][]}} File */

await main(async () => {
  await ensure({ coverage: true });
  for (const name of readdirSync(build)) if (name.endsWith('.profraw')) rmSync(path.join(build, name));
  const env = { ...process.env, LLVM_PROFILE_FILE: path.join(build, 'test-%p.profraw') };
  execFileSync('ctest', ['--test-dir', build, '--output-on-failure'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const tests = readdirSync(build).filter((name) => /^test_[a-z0-9_]+$/.test(name));
  const profiles = readdirSync(build).filter((name) => name.endsWith('.profraw'));
  const tool = (/** @type {string} */ name, /** @type {string[]} */ args) =>
    execFileSync(name, args, { cwd: build, encoding: 'utf8', maxBuffer: 1 << 28 });
  tool('llvm-profdata-14', ['merge', '-o', 'all.profdata', ...profiles]);
  const objects = tests.slice(1).flatMap((name) => ['-object', name]);
  const ignored = '-ignore-filename-regex=(^|/)(test_[a-z0-9_]+|testing)\\.c$|/deps/';
  const json = tool('llvm-cov-14', ['export', tests[0], ...objects, '-instr-profile=all.profdata', ignored]);
  /** @type {File[]} */
  const files = JSON.parse(json).data[0].files;

  const total = { count: 0, covered: 0 };
  const short = [];
  for (const { filename, summary, branches } of files) {
    const { count, covered } = summary.branches;
    if (count === 0) continue;
    total.count += count;
    total.covered += covered;
    const name = path.relative(path.join(root, 'src'), filename);
    const share = (100 * covered) / count;
    console.log(
      `${share.toFixed(1).padStart(6)} %  ${String(covered).padStart(4)} of ${String(count).padEnd(4)}  ${name}`,
    );
    const source = readFileSync(filename, 'utf8').split('\n');
    for (const [line, from, , to, taken, skipped] of branches) {
      if (taken > 0 && skipped > 0) continue;
      const condition = source[line - 1].slice(from - 1, to - 1);
      console.log(`            ${name}:${line} never ${taken === 0 ? 'true' : 'false'}: ${condition}`);
    }
    if (critical.includes(name) && share < least.critical) short.push(`${name}: under ${least.critical} %`);
  }
  const share = (100 * total.covered) / total.count;
  console.log(`${share.toFixed(1).padStart(6)} %  ${total.covered} of ${total.count}  the whole core`);
  if (share < least.core) short.push(`the whole core: under ${least.core} %`);
  if (short.length > 0) throw new SetupError(`Too few branches are tested.\n${short.join('\n')}`);
});
