// SPDX-License-Identifier: MIT
//
// The page without a network, and the modules behind it: service worker, models, traffic, shared files.

import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { root } from '../../src/deps/setup.mjs';
import { pageHeaders } from '../../web/scripts/policy.mjs';
import { serve } from '../../web/scripts/serve.mjs';
import { bundleServiceWorker } from '../../web/scripts/service-worker.mjs';
import { browserTest, data, patience, shownResult } from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const site = join(root, 'dist/site');
const folder = join(root, 'build/tests/offline');
const chromium = browserTest(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const options = { serviceWorker: true, expectErrors: true }; // the browser reports every refused request as an error

/**
 * Serves a folder below /some/path/, and counts and alters what is asked for.
 * @param {string} from
 */
async function serveSite(from) {
  const live = join(folder, 'live');
  const replace = (/** @type {string} */ source) => {
    rmSync(live, { recursive: true, force: true });
    cpSync(source, join(live, 'some/path'), { recursive: true });
  };
  replace(from);
  const served = await serve(live, 0, pageHeaders());
  const { server } = served;
  const [answer] = server.listeners('request');
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const site = {
    url: `${served.url}some/path/`,
    replace,
    requests,
    /** What happens instead of a plain answer, if it says so. @type {(...args: any[]) => boolean} */
    intercept: () => false,
    close: served.close,
  };
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    requests.push(request);
    if (!site.intercept(request, response)) answer(request, response);
  });
  return site;
}

/** @param {Page} page waits until everything is stored and the service worker answers */
async function stored(page) {
  await page.evaluate(async () => {
    // The page does it as well, in its own time.
    await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  });
}

describe('the page, visited once, in a subfolder, then without a server', () => {
  /** @param {(page: Page) => Promise<void>} body */
  const offline = (body) =>
    chromium.withPage(async (page) => {
      const server = await serveSite(site);
      try {
        await page.goto(server.url);
        await stored(page);
      } finally {
        await server.close();
      }
      await assert.rejects(fetch(server.url));
      await page.goto(`${server.url}?from=elsewhere`);
      await page.waitForSelector('body[data-ready]');
      await body(page);
    }, options);

  test('analyses files', () =>
    offline(async (page) => {
      for (const name of ['angry.wav', 'angry.m4a']) {
        await page.setInputFiles('#file', data(`formats/${name}`));
        const { state, emotion } = await shownResult(page);
        assert.deepEqual([state, emotion], ['done', 'angry']);
        await page.reload();
        await page.waitForSelector('body[data-ready]');
      }
    }));

  test('records', () =>
    offline(async (page) => {
      await page.click('#record');
      await page.waitForSelector('#stop:visible');
      await page.waitForTimeout(3000);
      await page.click('#stop');
      assert.equal((await shownResult(page)).state, 'done');
    }));
});

describe('modules of the page', () => {
  /** @type {Awaited<ReturnType<typeof serveSite>>} */ let server;

  before(async () => {
    for (const version of ['one', 'two']) {
      const outDir = join(folder, version);
      await build({
        configFile: join(root, 'web/vite.config.js'),
        root: fileURLToPath(new URL('offline', import.meta.url)),
        publicDir: join(root, 'web/app/public'),
        define: { VERSION: JSON.stringify(version) },
        build: { outDir, emptyOutDir: true },
        logLevel: 'warn',
      });
      await bundleServiceWorker(outDir);
    }
  });
  after(() => server?.close());

  /**
   * @param {(page: Page) => Promise<void>} body
   * @param {{serviceWorker?: boolean}} [more]
   */
  const withModules = (body, more) =>
    chromium.withPage(
      async (page) => {
        await server?.close();
        server = await serveSite(join(folder, 'one'));
        await page.goto(server.url);
        await page.waitForSelector('body[data-version=one]');
        await body(page);
      },
      { ...options, ...more },
    );

  const paths = () => server.requests.map(({ url }) => String(url).replace('/some/path/', ''));

  describe('update', () => {
    test('waits for the user, fetches only what has changed, and forgets the old version', () =>
      withModules(async (page) => {
        await page.waitForSelector('body[data-ready]');
        await stored(page);
        server.replace(join(folder, 'two'));
        server.requests.length = 0;
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
        await page.waitForSelector('body[data-update]');
        const changed = paths().filter((path) => path !== 'sw.js');
        assert.deepEqual(changed.map((path) => path.replace(/-[\w-]+\./, '.')).sort(), [
          'assets/index.js',
          'index.html',
        ]);

        await page.reload(); // the old version stays until it is applied
        await page.waitForSelector('body[data-version=one][data-update]');
        const other = await page.context().newPage();
        await other.goto(server.url);
        await other.waitForSelector('body[data-version=one][data-update]');
        await page.evaluate(() => globalThis.apply());
        await page.waitForSelector('body[data-version=two]');
        // Another tab is not reloaded behind its user's back, but can be.
        assert.equal(await other.getAttribute('body', 'data-version'), 'one');
        await other.evaluate(() => globalThis.apply());
        await other.waitForSelector('body[data-version=two]');

        const kept = await page.evaluate(async () => {
          const keys = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
          return keys.flat().map(({ url }) => url);
        });
        assert.equal(kept.filter((url) => /assets\/index-.*js/.test(url)).length, 1);
        assert.ok(
          kept.some((url) => url.includes('emovox-small')) && !kept.some((url) => url.includes('emovox-large')),
        );
      }));

    test('a page that cannot be stored says so', () =>
      withModules(async (page) => {
        await page.waitForSelector('body[data-ready]');
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.unregister());
        await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
        server.intercept = (request, response) => {
          if (!request.url.includes('manifest')) return false;
          response.writeHead(500).end();
          return true;
        };
        await page.reload();
        await page.waitForSelector('body[data-failure]');
        assert.match(String(await page.getAttribute('body', 'data-failure')), /could not be stored .* try again/);
      }));
  });

  describe('traffic', () => {
    /** @param {Page} page */
    const watch = (page) =>
      page.evaluate(() => {
        globalThis.stopTraffic?.();
        globalThis.stopTraffic = globalThis.watchTraffic((traffic) => {
          globalThis.traffic = traffic;
        });
      });
    /** @param {Page} page */
    const traffic = (page) => page.evaluate(() => globalThis.traffic);
    /** @param {Page} page */
    const counted = (page, requests) =>
      page.waitForFunction((expected) => globalThis.traffic.requests >= expected, requests, { timeout: patience });

    test('the service worker counts what page and workers send, and nothing else', () =>
      withModules(async (page) => {
        await page.waitForSelector('body[data-ready]');
        await stored(page);
        await page.reload();
        await page.waitForSelector('body[data-version=one]');
        await watch(page);
        // From the cache: no request.
        await page.evaluate(async () => (await fetch(`${globalThis.models.small.url}?again`)).arrayBuffer());
        await page.evaluate(() => (location.hash = '#elsewhere'));
        assert.deepEqual(await traffic(page), { requests: 0, bytesSent: 0, measuredBy: 'service-worker' });

        /** @type {string[]} */
        const bodies = [];
        server.intercept = (request, response) => {
          request.setEncoding('utf8').on('data', (text) => bodies.push(text));
          request.on('end', () => response.end());
          return true;
        };
        await page.evaluate(() => fetch('./spy', { method: 'POST', body: 'my voice' }));
        await counted(page, 1);
        assert.deepEqual(await traffic(page), { requests: 1, bytesSent: 8, measuredBy: 'service-worker' });
        await page.evaluate(() => {
          const heard = new Promise((resolve) => {
            globalThis.worker.onmessage = resolve;
          });
          globalThis.worker.postMessage({ url: '/spy', options: { method: 'PUT', body: '123' } });
          return heard.then(() => {});
        });
        await counted(page, 2);
        await page.evaluate(() => navigator.sendBeacon('./spy', '12345'));
        await counted(page, 3);
        await page.evaluate(() => fetch('./spy?voice=angry'));
        await counted(page, 4);
        assert.deepEqual(await traffic(page), { requests: 4, bytesSent: 16, measuredBy: 'service-worker' });
        assert.deepEqual(bodies, ['my voice', '123', '12345']); // and they arrive unaltered
        assert.equal(paths().filter((path) => path.includes('spy')).length, 4);
      }));

    test('without a service worker the page counts its own requests', () =>
      withModules(
        async (page) => {
          await watch(page);
          assert.deepEqual(await traffic(page), { requests: 0, bytesSent: null, measuredBy: 'page' });
          await page.evaluate(() => fetch('./spy', { method: 'POST', body: 'my voice' }));
          await counted(page, 1);
          assert.deepEqual(await traffic(page), { requests: 1, bytesSent: null, measuredBy: 'page' });
        },
        { serviceWorker: false },
      ));
  });

  describe('models', () => {
    const isModel = (/** @type {{url?: string}} */ { url }) => String(url).includes('emovox-large');
    /** @param {Page} page */
    const fetchLarge = (page) =>
      page.evaluate(async () => {
        /** @type {number[]} */
        const loaded = [];
        /** @type {string[]} */
        const warnings = [];
        globalThis.stopDownload = new AbortController();
        try {
          const bytes = await globalThis.fetchModel('large', {
            signal: globalThis.stopDownload.signal,
            onProgress: (progress) => {
              loaded.push(progress.loaded);
              globalThis.loaded = progress.loaded;
            },
            onWarning: (warning) => warnings.push(warning),
          });
          return { length: bytes.length, loaded, warnings, stored: await globalThis.isStored('large') };
        } catch (error) {
          return {
            code: error.code,
            message: error.message,
            loaded,
            warnings,
            stored: await globalThis.isStored('large'),
          };
        }
      });
    /** @param {Page} page */
    const size = (page) => page.evaluate(() => globalThis.models.large.bytes);

    /** Half of the file, then the connection breaks. */
    const cut = (request, response) => {
      if (!isModel(request)) return false;
      response.writeHead(200, { 'content-length': 4_000_000 });
      response.write(Buffer.alloc(100)); // never mind: replaced below
      return true;
    };

    test('todo', () => void cut);
  });
});
