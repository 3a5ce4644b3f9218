// SPDX-License-Identifier: MIT
//
// What a visit loads: no more than it needs, from nowhere else, and nothing in the folder that nobody asks for.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { browserTest, data, shownResult } from './harness.js';
import { speakingMicrophone } from './walk.js';

const chromium = browserTest(speakingMicrophone());
const site = fileURLToPath(new URL('../../dist/site/', import.meta.url));

/** Of brotli, for all of the page's JavaScript: with the waveform, the worker and the decoder of files. */
const mostBytes = 120_000;

const files = readdirSync(site, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(site, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));

test('a visit that records and opens a file loads little JavaScript, all of it from here', (t) =>
  chromium.withPage(
    async (page) => {
      const asked = chromium.watchRequests();
      /** @type {string[]} */
      const elsewhere = [];
      page.context().on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(chromium.url) && !/^(blob|data):/.test(url)) elsewhere.push(url);
      });
      await chromium.openSite(page);
      await page.waitForSelector('body[data-offline]'); // the service worker has stored everything
      await page.setInputFiles('#file', data('formats/angry.flac'));
      await shownResult(page);
      await page.click('#record');
      await page.waitForSelector('#result[data-state=live] .verdict .key');
      await page.click('#stop');
      await shownResult(page);
      assert.deepEqual(elsewhere, []);

      const scripts = [...new Set(asked.map((url) => url.replace(/[?#].*$/, '').replace('/site/', '')))].filter(
        (name) => name.endsWith('.js') && !/\/(de|pl)-/.test(name),
      );
      for (const part of ['index', 'worker', 'decode', 'capture-worklet', 'sw']) {
        assert.ok(
          scripts.some((name) => path.basename(name).startsWith(part)),
          `${part} is not among ${scripts}`,
        );
      }
      const sizes = scripts.map((name) => brotliCompressSync(readFileSync(path.join(site, name))).length);
      const all = sizes.reduce((sum, size) => sum + size, 0);
      t.diagnostic(`${all} bytes of JavaScript, brotli: ${scripts.map((name, i) => `${name} ${sizes[i]}`).join(', ')}`);
      assert.ok(all <= mostBytes, `${all} bytes`);
    },
    { serviceWorker: true },
  ));

test('every file of the page is named by another one', () => {
  const texts = files
    .filter((name) => /\.(html|js|css|webmanifest)$/.test(name))
    .map((name) => ({ name, text: readFileSync(path.join(site, name), 'utf8') }));
  const byHosts = ['index.html', '_headers'];
  // The service worker lists all that it stores: that it names a file does not mean that anybody uses it.
  const unused = files.filter(
    (file) =>
      !byHosts.includes(file) &&
      !texts.some(({ name, text }) => name !== file && name !== 'sw.js' && text.includes(path.basename(file))),
  );
  assert.deepEqual(unused, []);
});
