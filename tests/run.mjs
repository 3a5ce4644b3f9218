// `npm test`: installs and builds what is missing, runs every suite, closes with counts.
// `npm run test:matrix`: the same for the package alone, installed and built with other people's tools.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensure, main, root } from '../src/deps/setup.mjs';
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

const testFiles = (folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));

const node = (title, ...args) => suite(title, process.execPath, ['--test', '--test-reporter=tap', ...args], nodeTest);

async function everything() {
  await ensure({ native: true, wasm: true, npm: true, chromium: true, firefox: true, webkit: true, python: true });
  await build();
  suite(
    'C core, with address and undefined-behaviour sanitizers',
    'ctest',
    ['--test-dir', 'build/native', '-V'],
    cmocka,
  );
  suite('Training data readers', 'python3', ['-m', 'unittest', 'discover', '-s', 'model/train/tests'], unittest);
  node('Library in Node', ...testFiles('tests/node'));
  node('Page in Chromium', '--test-concurrency=2', ...testFiles('tests/browser'));
  node('Page in Firefox', '--test-concurrency=1', ...testFiles('tests/firefox'));
  node('Page in WebKit', '--test-concurrency=1', ...testFiles('tests/webkit'));
  node('Package without a bundler', 'tests/matrix/plain.test.js');
}

async function matrix() {
  await ensure({ wasm: true, npm: true, chromium: true });
  await build();
  node("Package in other people's projects", '--test-concurrency=1', ...testFiles('tests/matrix'));
}

await main(async () => {
  await (process.argv[2] === 'matrix' ? matrix() : everything());
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  if (total.failed) process.exitCode = 1;
});
