// SPDX-License-Identifier: MIT
//
// npm run fuzz -- [--minutes N] [--only NAME] [--keep]: builds the fuzzers and runs them, on all cores, for N minutes in
// all (2 by default). Inputs that crash are left in build/fuzz/found. --keep puts what was found to reach new code into
// tests/fuzz/corpus, as little of it as does. Each run adds a line to build/fuzz/runs.jsonl.

import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, main, root, SetupError } from '../../src/deps/setup.mjs';
import { writeSeeds } from './seeds.mjs';

/** How the time is shared: by how much there is to reach. */
const shares = { calls: 4, audio: 3, header: 2, model: 2, profile: 1 };

const build = path.join(root, 'build/fuzz');
const kept = path.join(root, 'tests/fuzz/corpus');

/**
 * @typedef {{fuzzer: string, executions: number, edges: number, seconds: number, found: string[]}} Run
 *   seconds of processor time
 */

/**
 * @param {string} fuzzer
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @returns {Promise<{status: number, output: string}>}
 */
function run(fuzzer, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(build, `fuzz_${fuzzer}`), args, { cwd: root, env: { ...process.env, ...env } });
    let output = '';
    child.stderr.on('data', (chunk) => {
      output += chunk;
      if (output.length > 1e6) output = output.slice(-200_000);
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/**
 * @param {string} fuzzer
 * @param {number} seconds
 * @param {Record<string, string>} env
 * @returns {Promise<Run>}
 */
async function fuzz(fuzzer, seconds, env) {
  const found = path.join(build, 'found');
  const corpus = path.join(build, 'corpus', fuzzer);
  for (const folder of [found, corpus]) mkdirSync(folder, { recursive: true });
  const sources = [path.join(build, 'seeds', fuzzer), path.join(kept, fuzzer)].filter((folder) => existsSync(folder));
  const before = new Set(readdirSync(found));
  const { status, output } = await run(
    fuzzer,
    [
      `-max_total_time=${Math.max(1, Math.round(seconds))}`,
      '-timeout=300', // one input, on a busy machine; hangs are finds
      '-report_slow_units=300',
      '-rss_limit_mb=2048',
      '-max_len=8192',
      '-print_final_stats=1',
      `-artifact_prefix=${found}/${fuzzer}-`,
      corpus,
      ...sources,
    ],
    env,
  );
  const executions = Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
  const edges = Number([...output.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? 0);
  const used = Number(/processor_seconds: (\d+)/.exec(output)?.[1] ?? 0); // 0 after a crash
  const crashes = readdirSync(found).filter((name) => name.startsWith(`${fuzzer}-`) && !before.has(name));
  if (status !== 0) console.error(output.split('\n').slice(-40).join('\n'));
  if (status !== 0 && crashes.length === 0) crashes.push('(none kept: see above)');
  return { fuzzer, executions, edges, seconds: used, found: crashes };
}

await main(async () => {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '2' }, only: { type: 'string' }, keep: { type: 'boolean' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new SetupError('--minutes must be a number above 0.');
  const names = Object.keys(shares).filter((name) => !values.only || name === values.only);
  if (names.length === 0) throw new SetupError(`--only must be one of ${Object.keys(shares).join(', ')}.`);

  await ensure({ fuzz: true });
  const env = {
    EMOVOX_FUZZ_MODEL: writeSeeds(path.join(build, 'seeds')),
    LSAN_OPTIONS: 'suppressions=tests/fuzz/leaks.txt:print_suppressions=0',
  };
  const all = names.reduce((sum, name) => sum + shares[/** @type {keyof typeof shares} */ (name)], 0);
  const cores = os.availableParallelism();
  const waiting = [...names];
  /** @type {Run[]} */
  const runs = [];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const share = shares[/** @type {keyof typeof shares} */ (name)] / all;
      runs.push(await fuzz(name, minutes * 60 * cores * share, env));
    }
  };
  await Promise.all(Array.from({ length: cores }, work));

  for (const { fuzzer, executions, edges, seconds, found } of runs) {
    const finds = found.length > 0 ? `FOUND ${found.join(', ')}` : 'nothing found';
    console.log(`${fuzzer}: ${executions} executions, ${edges} edges, ${seconds} s, ${finds}`);
    appendFileSync(
      path.join(build, 'runs.jsonl'),
      `${JSON.stringify({ fuzzer, executions, edges, seconds, found })}\n`,
    );
  }
  if (runs.some(({ found }) => found.length > 0)) process.exitCode = 1;
  if (values.keep) {
    for (const name of names) {
      const folder = path.join(kept, name);
      const fresh = path.join(build, 'kept', name);
      rmSync(fresh, { recursive: true, force: true });
      mkdirSync(fresh, { recursive: true });
      const sources = [path.join(build, 'corpus', name), folder].filter((source) => existsSync(source));
      const { status, output } = await run(name, ['-set_cover_merge=1', fresh, ...sources], env);
      if (status !== 0)
        throw new SetupError(`The corpus of ${name} could not be made smaller:\n${output.slice(-2000)}`);
      rmSync(folder, { recursive: true, force: true });
      cpSync(fresh, folder, { recursive: true });
      console.log(`${name}: ${readdirSync(folder).length} inputs kept`);
    }
  }
  const total = readFileSync(path.join(build, 'runs.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`${(total / 3600).toFixed(2)} processor hours of fuzzing in this folder so far`);
});
