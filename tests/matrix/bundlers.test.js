// SPDX-License-Identifier: MIT
//
// The package in projects that are built.

import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { analyzeIn, analyzeServed, build, project, recording, withServer } from './harness.js';

/** Where there is nothing that makes one, the page comes along as it is. */
const withPage = (/** @type {string} */ folder) => cpSync(join(folder, 'index.html'), join(folder, 'dist/index.html'));

/** What a bundler that knows no workers leaves to us: README.md. */
const copyLibrary = (/** @type {string} */ folder, /** @type {string} */ to) =>
  cpSync(join(folder, 'node_modules/emovox/dist/lib'), join(folder, to), { recursive: true });

describe('as it is', () => {
  test('Vite', async () => {
    const folder = project('vite');
    build(folder, 'vite', 'build');
    await analyzeIn(join(folder, 'dist'));
  });

  test('Vite, while developing', () => analyzeServed(project('vite'), 'vite'));

  test('Vite, and emovox/worker as a worker of its own', async () => {
    const folder = project('vite');
    cpSync(join(folder, 'worker/app.js'), join(folder, 'app.js'));
    build(folder, 'vite', 'build');
    await analyzeIn(join(folder, 'dist'));
  });

  test('webpack', async () => {
    const folder = project('webpack');
    build(folder, 'webpack');
    withPage(folder);
    await analyzeIn(join(folder, 'dist'));
  });

  test('Parcel', async () => {
    const folder = project('parcel');
    build(folder, 'parcel', 'build', 'index.html', '--public-url', './', '--no-cache');
    await analyzeIn(join(folder, 'dist'));
  });

  test('Next.js, which imports it on the server, too', async () => {
    const folder = project('next', { shared: false });
    build(folder, 'next', 'build');
    await analyzeServed(folder, 'next', 'start', '--port', '0');
  });
});

test('Next.js that analyses on the server, told not to bundle it there', async () => {
  const folder = project('next', { shared: false });
  cpSync(join(folder, 'server/route.js'), join(folder, 'app/emotion/route.js'));
  cpSync(join(folder, 'server/next.config.mjs'), join(folder, 'next.config.mjs'));
  build(folder, 'next', 'build');
  await withServer(folder, ['next', 'start', '--port', '0'], async (address) => {
    const body = readFileSync(recording.replace('.wav', '.mp3'));
    const response = await fetch(new URL('emotion', address), { method: 'POST', body });
    assert.equal(await response.text(), 'angry');
  });
});

describe('with the files copied', () => {
  test('esbuild', async () => {
    const folder = project('esbuild');
    build(folder, 'esbuild', 'app.js', '--bundle', '--minify', '--format=esm', '--outfile=dist/app.js');
    withPage(folder);
    copyLibrary(folder, 'dist');
    await analyzeIn(join(folder, 'dist'));
  });

  test('Rollup', async () => {
    const folder = project('rollup');
    build(folder, 'rollup', '--config');
    withPage(folder);
    copyLibrary(folder, 'dist/emovox');
    await analyzeIn(join(folder, 'dist'));
  });
});

test('esbuild with emovox/inline, as one classic script', async () => {
  const folder = project('esbuild');
  build(folder, 'esbuild', 'app.js', '--bundle', '--alias:emovox=emovox/inline', '--outfile=dist/app.js');
  withPage(folder);
  const paths = await analyzeIn(join(folder, 'dist'), { inline: true });
  assert.deepEqual(paths.sort(), ['/', '/app.js']);
});
