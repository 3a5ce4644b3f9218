// SPDX-License-Identifier: MIT
//
// The package without a bundler: what it holds, and that it runs where somebody unpacks it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { root } from '../../src/deps/setup.mjs';
import { analyzeAt, analyzeIn, pack, project, recording } from './harness.js';

describe('the tarball', () => {
  test('is no larger than 16 MB unpacked, and holds dist/lib only', () => {
    const { bytes, files } = pack();
    assert.ok(bytes <= 16_000_000, `${bytes} bytes`);
    const beside = files.filter((file) => !file.startsWith('dist/lib/'));
    assert.deepEqual(beside.sort(), ['LICENSE', 'README.md', 'package.json']);
  });

  test('pleases publint', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true, pack: 'npm' });
    assert.deepEqual(messages, []);
  });

  test('has types that every resolution finds', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    // Node 16 cannot require() modules, ours is 20.19; files that are no JavaScript have no types.
    const options = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji', '--no-color'];
    const others = ['inline.global.js', 'result.schema.json', 'emovox.wasm', 'emovox-relaxed.wasm'];
    const args = [attw, pack().path, ...options, '--exclude-entrypoints', ...others];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });
});

describe('in Node', () => {
  for (const program of ['esm.mjs', 'cjs.cjs']) {
    test(program, () => {
      const folder = project('node', { shared: false });
      const args = [join(folder, program), pathToFileURL(recording).href];
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      assert.deepEqual({ stdout, stderr }, { stdout: 'angry\n', stderr: '' });
    });
  }

  test('on the command line', () => {
    const folder = project('node', { shared: false });
    const command = join(folder, 'node_modules/.bin/emovox');
    const { stdout } = spawnSync(command, ['--json', recording], { cwd: folder, encoding: 'utf8' });
    assert.equal(JSON.parse(stdout).emotion, 'angry');
  });
});

describe('in a page', () => {
  test('with an import map', async () => {
    const folder = project('page');
    await analyzeIn(folder);
  });

  test('in a folder below the root of the server', async () => {
    const folder = project('page');
    const site = join(folder, 'site');
    const below = join(site, 'some/dir');
    for (const name of ['index.html', 'app.js', 'node_modules']) {
      cpSync(join(folder, name), join(below, name), { recursive: true });
    }
    const paths = await analyzeIn(site, { path: 'some/dir/' });
    assert.ok(
      paths.every((path) => path.startsWith('/some/dir/')),
      paths.join(' '),
    );
  });

  test('with a classic script', async () => {
    const folder = project('classic', { shared: false });
    const paths = await analyzeIn(folder, { inline: true });
    assert.deepEqual(paths.sort(), ['/', '/app.js', '/node_modules/emovox/dist/lib/inline.global.js']);
  });

  test('with a classic script, opened from a disk', async () => {
    const folder = project('classic', { shared: false });
    const paths = await analyzeAt(pathToFileURL(join(folder, 'index.html')).href);
    assert.equal(paths.length, 3);
  });

  test('of an extension', async () => {
    const folder = project('extension');
    // What Chromium calls an unpacked extension: a hash of where it is, in letters from a to p.
    const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
    const id = Array.from(hash, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');
    const paths = await analyzeAt(`chrome-extension://${id}/index.html`, { extension: folder });
    const code = '/node_modules/emovox/dist/lib/inline';
    const scripts = paths.filter((path) => path !== '/index.html');
    assert.deepEqual(scripts.sort(), ['/app.js', `${code}.global.js`, `${code}.js`]);
  });
});
