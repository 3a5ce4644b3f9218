// SPDX-License-Identifier: MIT
//
// Damaged recordings, for the library in Node and for the native tool: a documented error or a plausible result.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Emovox, EmovoxError } from '../../dist/lib/node.js';
import { assertPlausible, fourHours, hostileFiles } from '../hostile.js';

const files = hostileFiles();
const native = fileURLToPath(new URL('../../build/native/emovox', import.meta.url));

/** @type {string} */ let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'emovox-hostile-'));
  mkdirSync(join(folder, 'files'));
  for (const { name, bytes } of files) writeFileSync(join(folder, 'files', name), bytes);
  writeFileSync(join(folder, 'four-hours.wav'), fourHours.header);
  truncateSync(join(folder, 'four-hours.wav'), fourHours.header.length + fourHours.zeros);
});
after(() => rmSync(folder, { recursive: true }));

/** @param {any} result of four hours of silence */
function assertSilent({ emotion, duration, segments }) {
  assert.deepEqual([emotion, duration, segments.length], ['no speech', 14_400, 7199]);
}

describe('in Node', () => {
  /** @type {Emovox} */ let emovox;
  const { warn, error } = console; // two of the decoders print what they think of a file
  before(async () => {
    Object.assign(console, { warn() {}, error() {} });
    emovox = await Emovox.create();
  });
  after(async () => {
    Object.assign(console, { warn, error });
    await emovox.close();
  });
  const analyze = (/** @type {Blob | Buffer | URL} */ source) =>
    emovox.analyze(source).catch((thrown) => {
      assert.ok(thrown instanceof EmovoxError);
      return { error: thrown };
    });

  test(`${files.length} files, each with the same object; undamaged ones as ever`, async () => {
    for (const { name, bytes, whole } of files) {
      const result = /** @type {any} */ (await analyze(bytes));
      assertPlausible(name, result);
      if (whole && !/aiff/.test(name)) assert.equal(result.emotion, 'angry', name);
    }
  });

  test('four hours', async () => assertSilent(await analyze(pathToFileURL(join(folder, 'four-hours.wav')))));
});

describe('the native tool', () => {
  const analyze = (/** @type {string[]} */ paths) => {
    const { status, signal, stdout } = spawnSync(native, ['analyze', '--json', ...paths], { maxBuffer: 1e9 });
    assert.equal(signal, null, `${paths}`);
    return {
      status,
      results: String(stdout)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    };
  };

  test(`${files.length} files`, () => {
    const { status, results } = analyze(files.map(({ name }) => join(folder, 'files', name)));
    assert.equal(status, 1); // some fail
    assert.equal(results.length, files.length);
    for (const [i, { name, whole }] of files.entries()) {
      assertPlausible(name, results[i]);
      if (whole && !/webm|m4a/.test(name)) assert.equal(results[i].emotion, 'angry', name);
    }
  });

  test('four hours', () => {
    const { status, results } = analyze([join(folder, 'four-hours.wav')]);
    assert.equal(status, 0);
    assertSilent(results[0]);
  });
});
