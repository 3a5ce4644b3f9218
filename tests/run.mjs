// `npm test`: installs and builds what is missing, runs every suite, closes with counts.
// `npm test -- NAME ...`: of these, only the test files and C tests of such names: `npm test -- faults memory`.
// `npm run test:matrix`: the same for the package alone, installed and built with other people's tools.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root, SetupError } from '../src/deps/setup.mjs';
import { build } from '../web/scripts/build.mjs';

const total = { passed: 0, failed: 0 };

/** Runs a command, shows its output, and adds up what `count` finds in it. A suite without a single test failed. */
function suite(title, command, args, count) {
  console.log(`\n== ${title} ==`);
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  process.stdout.write(stdout ?? '');
  process.stderr.write(stderr ?? '');
  const { passed, failed } = count(`${stdout}\n${stderr}`);
  total.passed += passed;
  total.failed += failed;
  if ((status !== 0 || passed + failed === 0) && failed === 0) total.failed++;
}

const number = (text, pattern) => [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
const cmocka = (text) => ({
  passed: number(text, /\[ {2}PASSED {2}\] (\d+) test/g),
  failed: number(text, /\[ {2}FAILED {2}\] (\d+) test/g),
});
const unittest = (text) => {
  const failed = number(text, /failures=(\d+)/g) + number(text, /errors=(\d+)/g);
  return { passed: number(text, /Ran (\d+) test/g) - failed, failed };
};
const nodeTest = (text) => ({
  passed: number(text, /^# pass (\d+)/gm),
  failed: number(text, /^# (?:fail|cancelled) (\d+)/gm),
});

/** The names on the command line; none: all. @type {string[]} */
let names = [];

const testFiles = (folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.test.js') && (names.length === 0 || names.includes(file.split('.')[0])))
    .map((file) => path.join(folder, file));

/** Runs test files with options before them, if there are any. */
function node(title, files, ...options) {
  if (files.length === 0) return;
  suite(title, process.execPath, ['--test', '--test-reporter=tap', ...options, ...files], nodeTest);
}

/** Whether there is a C test of one of the names. */
const inC = () => names.length === 0 || new RegExp(`\\b(${names.join('|')})\\b`).test(cTests());
const cTests = () => spawnSync('ctest', ['--test-dir', 'build/native', '-N'], { cwd: root, encoding: 'utf8' }).stdout;

async function everything() {
  await ensure({ native: true, wasm: true, npm: true, chromium: true, firefox: true, webkit: true, python: true });
  await build();
  if (inC()) {
    const chosen = names.length > 0 ? ['-R', `^(${names.join('|')})$`] : [];
    const args = ['--test-dir', 'build/native', '-V', ...chosen];
    suite('C core, with address and undefined-behaviour sanitizers', 'ctest', args, cmocka);
  }
  if (names.length === 0)
    suite('Training data readers', 'python3', ['-m', 'unittest', 'discover', '-s', 'model/train/tests'], unittest);
  node('Library in Node', testFiles('tests/node'));
  node('Page in Chromium', testFiles('tests/browser'), '--test-concurrency=3');
  node('Page in Firefox', testFiles('tests/firefox'), '--test-concurrency=1');
  node('Page in WebKit', testFiles('tests/webkit'), '--test-concurrency=1');
  if (names.length === 0) node('Package without a bundler', ['tests/matrix/plain.test.js']);
  if (total.passed + total.failed === 0) throw new SetupError(`There is no test ${names.join(' or ')}.`);
}

async function matrix() {
  await ensure({ wasm: true, npm: true, chromium: true });
  await build();
  node("Package in other people's projects", testFiles('tests/matrix'), '--test-concurrency=1');
}

await main(async () => {
  names = process.argv.slice(2).filter((name) => name !== 'matrix');
  if (names.some((name) => !/^\w+$/.test(name))) throw new SetupError('npm test takes the names of tests.');
  await (process.argv[2] === 'matrix' ? matrix() : everything());
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  if (total.failed) process.exitCode = 1;
});
