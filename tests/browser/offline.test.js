// SPDX-License-Identifier: MIT
//
// The page without a network, and the modules behind it: service worker, models, traffic, shared files.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { root } from '../../src/deps/setup.mjs';
import { bundleServiceWorker } from '../../web/scripts/service-worker.mjs';
import {
  browserTest,
  data,
  judge,
  openView,
  patience,
  saved,
  savedResult,
  serveSite,
  settled,
  shownResult,
  site,
  stored,
} from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const folder = join(root, 'build/tests/offline');
const chromium = browserTest(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const options = { serviceWorker: true, expectErrors: true }; // the browser reports every refused request as an error

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

  test('does everything else, too; only the large model has to wait', () =>
    offline(async (page) => {
      await openView(page, 'history');
      await page.check('#history-on');
      await openView(page, 'listen');
      await page.locator('[data-sample]').first().click();
      await settled(page, 1);
      assert.equal((await savedResult(page)).file, 'english-half-minute.opus');
      for (const format of ['csv', 'vtt', 'audacity', 'png', 'audio']) {
        assert.ok((await saved(page, `[data-save=${format}]`)).bytes.length > 100, format);
      }
      await page.click('#spectrogram');
      await page.waitForSelector('.spectrogram canvas:visible');
      await openView(page, 'settings');
      await page.check('#model-large');
      await page.waitForFunction(() =>
        /could not be downloaded/.test(document.querySelector('#status')?.textContent ?? ''),
      );
      assert.equal(await page.isChecked('#model-small'), true);
      for (const [language, title] of [
        ['de', /die Emotion/],
        ['pl', /emocja/],
      ]) {
        await page.selectOption('#language', String(language));
        await page.waitForSelector(`html[lang=${language}]`);
        assert.match(await page.title(), /** @type {RegExp} */ (title));
      }
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await page.getAttribute('html', 'lang'), 'pl');
      await openView(page, 'history');
      await page.click('#history-list th button:has-text("english-half-minute.opus")');
      assert.equal((await shownResult(page)).state, 'done');
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

test('the page says what has left it: nothing, until something does', () =>
  chromium.withPage(async (page) => {
    const server = await serveSite(site);
    try {
      await page.goto(server.url);
      await stored(page);
      await page.reload();
      const says = (/** @type {string} */ text) =>
        page.waitForFunction(
          (expected) => document.querySelector('#traffic')?.textContent === expected,
          `Measured since the page was ready: ${text}.`,
        );
      await says('0 requests, 0 bytes sent');
      server.requests.length = 0;
      await judge(page, [data('formats/angry.wav'), data('formats/angry.m4a')]);
      await page.click('#spectrogram');
      await page.waitForSelector('.spectrogram canvas:visible');
      for (const format of ['json', 'png', 'audio']) await saved(page, `[data-save=${format}]`);
      for (const view of ['compare', 'history', 'speakers', 'settings', 'about']) await openView(page, view);
      await openView(page, 'listen');
      await says('0 requests, 0 bytes sent');
      const fetched = server.requests.map(({ url }) => String(url));
      assert.deepEqual(
        fetched.filter((url) => !url.endsWith('sw.js')), // the browser's own look for a new version
        [],
      );
      await page.evaluate(() => fetch('./spy', { method: 'POST', body: 'my voice' }));
      await says('1 request, 8 bytes sent');
      await page.selectOption('#language', 'de');
      await page.waitForFunction(() => document.querySelector('#traffic')?.textContent?.includes('8'));
    } finally {
      await server.close();
    }
  }, options));

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

  test('stored files are also answered in part, and whatever is asked of them', () =>
    withModules(async (page) => {
      await page.waitForSelector('body[data-ready]');
      await stored(page);
      server.requests.length = 0;
      const part = await page.evaluate(async () => {
        const response = await fetch(`${globalThis.models.small.url}?x=1`, { headers: { range: 'bytes=10-19' } });
        return { status: response.status, bytes: [...new Uint8Array(await response.arrayBuffer())] };
      });
      const small = readFileSync(join(root, 'dist/lib/models/emovox-small.safetensors'));
      assert.deepEqual(part, { status: 206, bytes: [...small.subarray(10, 20)] });
      assert.deepEqual(paths(), []);
    }));

  test('the page can be installed', () =>
    withModules(async (page) => {
      await page.waitForSelector('body[data-ready]');
      const session = await page.context().newCDPSession(page);
      const { errors } = await session.send('Page.getAppManifest');
      assert.deepEqual(errors, []);
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
      const ids = installabilityErrors.map(({ errorId }) => errorId);
      assert.deepEqual(ids, ['in-incognito']); // as all tests are
    }));

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

    test('also when the clock has been set back', () =>
      withModules(async (page) => {
        await page.waitForSelector('body[data-ready]');
        await stored(page);
        await page.reload();
        await page.waitForSelector('body[data-version=one]');
        await page.evaluate(() => {
          const now = Date.now.bind(Date);
          Date.now = () => now() + 18_000_000; // what it was when the page began
        });
        await watch(page);
        await page.waitForTimeout(1100); // until then, what comes may be late
        await page.evaluate(() => fetch('./spy', { method: 'POST', body: 'my voice' }));
        await counted(page, 1);
        assert.deepEqual(await traffic(page), { requests: 1, bytesSent: 8, measuredBy: 'service-worker' });
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
    const large = readFileSync(join(root, 'dist/lib/models/emovox-large.safetensors'));
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

    /** @param {(response: import('node:http').ServerResponse, begin: number) => void} answer if asked for the model */
    const answerModel = (answer) => {
      server.intercept = (request, response) => {
        if (isModel(request)) answer(response, Number(/^bytes=(\d+)-$/.exec(request.headers.range)?.[1] ?? 0));
        return isModel(request);
      };
    };
    const ranges = () => server.requests.filter(isModel).map(({ headers }) => headers.range);
    const broken = 3e6;
    /** Answers until there, and then the connection breaks. */
    const breakDown = () =>
      answerModel((response, begin) => {
        const status = begin ? { 'content-range': `bytes ${begin}-${large.length - 1}/${large.length}` } : {};
        response.writeHead(begin ? 206 : 200, { ...status, 'content-length': large.length - begin });
        response.write(large.subarray(begin, broken), () => response.destroy());
      });
    const answerPlainly = () => {
      server.intercept = () => false;
    };

    test('the page knows their sizes beforehand, and which of them are there', () =>
      withModules(async (page) => {
        const facts = await page.evaluate(async () => ({
          large: globalThis.models.large,
          storedLarge: await globalThis.isStored('large'),
        }));
        assert.equal(facts.large.bytes, large.length);
        assert.equal(facts.large.sha256, createHash('sha256').update(large).digest('hex'));
        assert.equal(facts.storedLarge, false);
        await page.waitForSelector('body[data-ready]');
        assert.equal(await page.evaluate(() => globalThis.isStored('small')), true);
        const small = await page.evaluate(async () => (await globalThis.fetchModel('small')).length);
        assert.equal(small, await page.evaluate(() => globalThis.models.small.bytes));
        assert.deepEqual(ranges(), []);
      }));

    test('a download that breaks off goes on where it stopped, also in another tab', () =>
      withModules(async (page) => {
        breakDown();
        const failed = await fetchLarge(page);
        assert.equal(failed.code, 'model-load');
        assert.match(failed.message, /Check the network and try again/);
        assert.equal(failed.stored, false);
        answerPlainly();
        await page.close();
        const other = await page.context().newPage();
        await other.goto(server.url);
        await other.waitForSelector('body[data-version=one]');
        const { length, loaded, stored, warnings } = await fetchLarge(other);
        const begin = Number(loaded[0]);
        assert.ok(begin > 0 && begin <= broken, `went on at ${begin}`);
        assert.deepEqual(ranges(), [undefined, `bytes=${begin}-`]);
        assert.deepEqual([length, stored, loaded.at(-1), warnings], [large.length, true, large.length, []]);

        await server.close();
        assert.equal((await fetchLarge(other)).length, large.length);
        await other.evaluate(() => globalThis.removeModel('large'));
        assert.equal((await fetchLarge(other)).code, 'model-load');
      }));

    test('a download that is stopped, or whose tab is closed, goes on later', () =>
      withModules(async (page) => {
        answerModel((response) => {
          response.writeHead(200, { 'content-length': large.length });
          response.write(large.subarray(0, broken)); // and nothing more
        });
        const arrived = (/** @type {Page} */ tab) =>
          tab.waitForFunction((bytes) => globalThis.loaded === bytes, broken, { timeout: patience });
        const stopped = fetchLarge(page);
        await arrived(page);
        await page.evaluate(() => globalThis.stopDownload.abort());
        assert.equal((await stopped).code, 'aborted');
        await page.evaluate(() => globalThis.removeModel('large'));

        const closed = await page.context().newPage();
        await closed.goto(server.url);
        await closed.waitForSelector('body[data-version=one]');
        fetchLarge(closed).catch(() => {});
        await arrived(closed);
        await closed.close();

        answerPlainly();
        const { length, loaded } = await fetchLarge(page);
        assert.equal(length, large.length);
        assert.ok(loaded[0] > 0, 'the closed tab has left pieces');
        assert.match(String(ranges().at(-1)), /^bytes=\d+-$/);
      }));

    test('two tabs at once download it once', () =>
      withModules(async (page) => {
        const other = await page.context().newPage();
        await other.goto(server.url);
        await other.waitForSelector('body[data-version=one]');
        const lengths = (await Promise.all([fetchLarge(page), fetchLarge(other)])).map(({ length }) => length);
        assert.deepEqual(lengths, [large.length, large.length]);
        assert.equal(ranges().length, 1);
      }));

    test('a host without ranges sends it all again', () =>
      withModules(async (page) => {
        breakDown();
        await fetchLarge(page);
        answerModel((response) => response.writeHead(200).end(large));
        const { length, stored } = await fetchLarge(page);
        assert.deepEqual([length, stored], [large.length, true]);
        assert.match(String(ranges().at(-1)), /^bytes=\d+-$/);
      }));

    for (const [what, spoil] of [
      ['with a wrong byte', (/** @type {Buffer} */ bytes) => bytes.fill(bytes[0] ^ 1, 0, 1)],
      ['that is too long', (/** @type {Buffer} */ bytes) => Buffer.concat([bytes, bytes])],
    ]) {
      test(`a file ${what} is refused, and nothing of it stays`, () =>
        withModules(async (page) => {
          breakDown();
          await fetchLarge(page);
          answerModel((response, begin) => {
            const rest = spoil(Buffer.from(large.subarray(begin)));
            const range = `bytes ${begin}-${begin + rest.length - 1}/${begin + rest.length}`;
            response.writeHead(206, { 'content-range': range }).end(rest);
          });
          const { code, message, stored } = await fetchLarge(page);
          assert.deepEqual([code, stored], ['file-mismatch', false]);
          assert.match(message, /damaged.*download it again/);
          answerPlainly();
          const { length, loaded } = await fetchLarge(page);
          assert.deepEqual([length, loaded[0]], [large.length, 0]);
        }));
    }

    test('a piece that was spoiled on this device is refused, too', () =>
      withModules(async (page) => {
        breakDown();
        await fetchLarge(page);
        await page.evaluate(async () => {
          const cache = await caches.open('emovox-models');
          const [first] = await cache.keys();
          const bytes = new Uint8Array(await (await cache.match(first)).arrayBuffer());
          bytes[5] ^= 1;
          await cache.put(first, new Response(bytes));
        });
        answerPlainly();
        assert.equal((await fetchLarge(page)).code, 'file-mismatch');
        assert.equal((await fetchLarge(page)).length, large.length);
      }));

    test('without room for it, it is used and not stored, which is said', () =>
      withModules(async (page) => {
        const session = await page.context().newCDPSession(page);
        await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 4e6 });
        const { length, stored, warnings } = await fetchLarge(page);
        assert.deepEqual([length, stored, warnings.length], [large.length, false, 1]);
        assert.match(warnings[0], /could not be stored .*quota/i);
      }));
  });

  describe('files from outside', () => {
    test('what is shared with the installed page reaches it once, and stays nowhere', () =>
      withModules(async (page) => {
        await page.waitForSelector('body[data-ready]');
        await stored(page);
        // Another program's place: the page's own policy forbids forms.
        server.intercept = (request, response) => {
          if (!request.url.endsWith('/elsewhere')) return false;
          response.writeHead(200, { 'content-type': 'text/html' });
          response.end(
            '<form method="post" enctype="multipart/form-data"><input type="file" name="audio" multiple><button>Share',
          );
          return true;
        };
        const manifest = await (await fetch(new URL('manifest.webmanifest', server.url))).json();
        const target = manifest.share_target;
        await page.goto(new URL('/elsewhere', server.url).href);
        await page.$eval(
          'form',
          (form, action) => form.setAttribute('action', action),
          new URL(target.action, server.url).href,
        );
        assert.deepEqual(
          [target.method, target.enctype, target.params.files[0].name],
          ['POST', 'multipart/form-data', 'audio'],
        );
        // From the disk: files that a page made are gone with it.
        const files = [
          ['100 % ours.wav', 'one'],
          ['two.ogg', 'two'],
        ].map(([name, text]) => {
          writeFileSync(join(folder, name), text);
          return join(folder, name);
        });
        await page.setInputFiles('input', files);
        server.requests.length = 0;
        await page.click('button');
        await page.waitForSelector('body[data-version=one][data-files*="two.ogg"]');
        const received = String(await page.getAttribute('body', 'data-files'));
        assert.deepEqual(received.split(';').sort(), ['', '100 % ours.wav audio/wav one', 'two.ogg audio/ogg two']);
        assert.equal(page.url(), server.url);
        assert.deepEqual(
          server.requests.filter(({ method }) => method !== 'GET'),
          [],
        );
        assert.equal(await page.evaluate(async () => (await (await caches.open('emovox-shared')).keys()).length), 0);
      }));

    test('what the system opens with the page reaches it', () =>
      withModules(async (page) => {
        await page.addInitScript(() => {
          const getFile = async () => new File(['three'], 'three.mp3', { type: 'audio/mpeg' });
          const value = { setConsumer: (consumer) => consumer({ files: [{ getFile }] }) };
          Object.defineProperty(window, 'launchQueue', { value });
        });
        await page.reload();
        await page.waitForSelector('body[data-files="three.mp3 audio/mpeg three;"]');
      }));

    test('a shortcut asks once', () =>
      withModules(async (page) => {
        await page.goto(`${server.url}?action=record`);
        await page.waitForSelector('body[data-action=record]');
        await page.reload();
        await page.waitForSelector('body[data-action=null]');
        await page.goto(`${server.url}?action=other`);
        await page.waitForSelector('body[data-action=null]');
      }));
  });

  test("the page's policy allows the style of its waveforms, and no other", () =>
    withModules(async (page) => {
      const violations = (/** @type {number} */ height) =>
        page.evaluate(async (height) => {
          /** @type {string[]} */
          const violations = [];
          const note = (/** @type {SecurityPolicyViolationEvent} */ { violatedDirective }) =>
            violations.push(violatedDirective);
          document.addEventListener('securitypolicyviolation', note);
          const container = document.createElement('div');
          document.body.append(container);
          const channel = new Float32Array(1000).map((_, i) => Math.sin(i));
          const blob = new Blob([new Uint8Array(100)], { type: 'audio/wav' });
          const waves = globalThis.WaveSurfer.create({ container, height });
          await new Promise((resolve) => {
            waves.once('redrawcomplete', resolve);
            waves.loadBlob(blob, [channel], 1).catch(() => {});
          });
          await new Promise((resolve) => setTimeout(resolve));
          document.removeEventListener('securitypolicyviolation', note);
          const canvases = container.firstElementChild?.shadowRoot?.querySelector('.canvases');
          return { violations, minHeight: canvases && getComputedStyle(canvases).minHeight };
        }, height);
      assert.deepEqual(await violations(96), { violations: [], minHeight: '96px' });
      await assert.rejects(violations(95), /TrustedHTML/);
    }));
});
