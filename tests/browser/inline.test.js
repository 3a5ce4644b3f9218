// SPDX-License-Identifier: MIT
//
// The library in one file, on the page's own thread, and workers that the caller brings.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { browserTest, data } from './harness.js';
import { nativeResult } from './native.js';

const chromium = browserTest(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const expected = nativeResult(data('formats/angry.wav'));
const files = ['angry.wav', 'angry.m4a'].map((name) => readFileSync(data(`formats/${name}`)).toString('base64'));

/**
 * @param {import('playwright-core').Page} page
 * @param {string} [name] of a file in dist/lib that takes the place of emovox.js
 */
async function open(page, name) {
  await chromium.openLibrary(page);
  if (name) {
    const { before, after } = await page.evaluate(async (url) => {
      const before = globalThis.Emovox;
      Object.assign(globalThis, await import(url));
      return { before: before === globalThis.Emovox, after: typeof globalThis.emovox.Emovox };
    }, `${chromium.url}lib/${name}`);
    assert.deepEqual({ before, after }, { before: false, after: 'function' });
  }
  await page.evaluate((texts) => {
    globalThis.files = texts.map((text) => new Blob([Uint8Array.from(atob(text), (char) => char.charCodeAt(0))]));
    globalThis.code = (promise) => promise.then(() => 'none').catch((error) => error.code);
  }, files);
}

describe('inline.js', () => {
  test('gives the verdict of the native build, without a worker or a request', () =>
    chromium.withPage(async (page) => {
      await open(page, 'inline.js');
      const requests = chromium.watchRequests();
      const { results, adapted, versions } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create({ microphone: true });
        const results = await Promise.all(globalThis.files.map((file) => emovox.analyze(file)));
        const speaker = await emovox.speaker();
        await speaker.enroll(globalThis.files[0]);
        const adapted = await emovox.analyze(globalThis.files[0], { speaker });
        return { results, adapted, versions: emovox.versions };
      });
      assert.deepEqual(requests, []);
      assert.equal(page.workers().length, 0);
      assert.match(versions.wasm.sha256, /^[0-9a-f]{64}$/);
      for (const result of results) assert.equal(result.emotion, expected.emotion);
      for (const [label, probability] of Object.entries(expected.probabilities)) {
        assert.ok(Math.abs(results[0].probabilities[label] - probability) < 1e-4, label);
      }
      assert.ok(adapted.adaptation.weight > 0);
    }));

  test('leaves the page time between slices, and stops when it is told to', () =>
    chromium.withPage(async (page) => {
      await open(page, 'inline.js');
      const { longest, codes } = await page.evaluate(async () => {
        const { Emovox, code, files } = globalThis;
        const emovox = await Emovox.create();
        const seconds = 600;
        const pcm = await files[0].arrayBuffer().then((bytes) => {
          const speech = new Int16Array(bytes.slice(44));
          return Float32Array.from({ length: 16000 * seconds }, (_, i) => speech[i % speech.length] / 32768);
        });
        let longest = 0;
        let last = performance.now();
        const timer = setInterval(() => {
          longest = Math.max(longest, performance.now() - last);
          last = performance.now();
        });
        await emovox.analyze(pcm, { sampleRate: 16000 });
        clearInterval(timer);
        const abort = new AbortController();
        const codes = [];
        for (const stop of [() => abort.abort(), () => emovox.close()]) {
          const running = code(
            emovox.analyze(pcm, { sampleRate: 16000, signal: abort.signal.aborted ? undefined : abort.signal }),
          );
          setTimeout(stop, 20);
          codes.push(await running);
        }
        return { longest, codes };
      });
      assert.deepEqual(codes, ['aborted', 'closed']);
      assert.ok(longest < 500, `${longest} ms`);
    }));

  test("records, on the page's thread", () =>
    chromium.withPage(async (page) => {
      await open(page, 'inline.js');
      const { sampleRate, code } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const recording = await emovox.listen();
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const code = await globalThis.code(recording.stop());
        return { sampleRate: recording.sampleRate, code };
      });
      assert.ok(sampleRate > 0);
      assert.equal(code, 'none');
    }));

  test('holds one model; others come from where the caller says', () =>
    chromium.withPage(async (page) => {
      await open(page, 'inline.js');
      const { code, name } = await page.evaluate(async () => {
        const code = await globalThis.code(globalThis.Emovox.create({ model: 'large' }));
        const { model } = await globalThis.Emovox.create({ model: 'large', baseUrl: '/lib/' });
        return { code, name: model.name };
      });
      assert.deepEqual({ code, name }, { code: 'bad-input', name: 'large' });
    }));
});

describe('a worker of the caller', () => {
  test('is used: by its URL, or as what a function makes', () =>
    chromium.withPage(async (page) => {
      await page.route('**/elsewhere/**', (route) => {
        const { pathname } = new URL(route.request().url());
        return route.fulfill({ path: `dist/lib/${pathname.split('/').at(-1)}`, contentType: 'text/javascript' });
      });
      await open(page);
      const emotions = await page.evaluate(async () => {
        const url = '/elsewhere/worker.js';
        const workers = [url, new URL(url, location.href), () => new Worker(url, { type: 'module' })];
        const emotions = [];
        for (const worker of workers) {
          const emovox = await globalThis.Emovox.create({ worker });
          emotions.push((await emovox.analyze(globalThis.files[0])).emotion);
        }
        return emotions;
      });
      assert.deepEqual(emotions, Array(3).fill(expected.emotion));
      const urls = page.workers().map((worker) => new URL(worker.url()).pathname);
      assert.deepEqual(urls, Array(3).fill('/elsewhere/worker.js'));
    }));

  test('that is not there fails with words', () =>
    chromium.withPage(
      async (page) => {
        await open(page);
        const codes = await page.evaluate(async () => {
          const { Emovox, code } = globalThis;
          const broken = () => {
            throw new Error('no worker');
          };
          return [await code(Emovox.create({ worker: '/nowhere.js' })), await code(Emovox.create({ worker: broken }))];
        });
        assert.deepEqual(codes, ['worker-load', 'worker-load']);
      },
      { expectErrors: true },
    ));
});
