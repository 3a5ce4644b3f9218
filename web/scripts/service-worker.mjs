// SPDX-License-Identifier: MIT
//
// Bundles web/app/sw.js with the list of the files that it stores.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { root } from '../../src/deps/setup.mjs';

/** What need not be there without a network: the worker itself, the host's settings, the model fetched on demand. */
const left = /^sw\.js$|^_headers$|^assets\/emovox-large/;

/** @param {string} site folder of the built page; gets its sw.js */
export async function bundleServiceWorker(site) {
  const { build: bundle } = await import('rolldown');
  await bundle({
    input: join(root, 'web/app/sw.js'),
    platform: 'browser',
    logLevel: 'warn',
    transform: {
      define: { EMOVOX_PRECACHE: JSON.stringify(await precacheList(site)), 'process.env.NODE_ENV': '"production"' },
    },
    output: { file: join(site, 'sw.js'), format: 'iife', minify: true },
  });
}

/**
 * @param {string} site
 * @returns {Promise<{url: string, revision: string | null}[]>} revision: null where the name changes with the content
 */
async function precacheList(site) {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const urls = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((url) => !left.test(url))
    .sort();
  return Promise.all(
    urls.map(async (url) => ({
      url,
      revision: url.startsWith('assets/')
        ? null
        : createHash('sha256')
            .update(await readFile(join(site, url)))
            .digest('hex'),
    })),
  );
}
