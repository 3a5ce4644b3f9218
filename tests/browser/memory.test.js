// SPDX-License-Identifier: MIT
//
// A hundred times, or $EMOVOX_CYCLES, used and closed: the page's memory, with workers and WebAssembly, is what it was after the first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../../web/scripts/serve.mjs';
import { browserTest, data } from './harness.js';
import { workerHeap } from './heap.js';

// Memory is measured at once, not when the browser finds the time; and only in a page that shares it with no other.
const chromium = browserTest(['--enable-blink-features=ForceEagerMeasureMemory']);
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const times = Number(process.env.EMOVOX_CYCLES ?? 100);
const allowance = 2e6; // bytes
const wav = readFileSync(data('formats/angry.wav')).toString('base64');

describe(`${times} times`, () => {
  /** @type {Awaited<ReturnType<typeof serve>>} */ let server;
  before(async () => {
    server = await serve(fileURLToPath(new URL('../../dist', import.meta.url)), 0, isolated);
  });
  after(() => server?.close());

  /**
   * @param {string} module
   * @param {(exported: any, bytes: Uint8Array) => Promise<void>} use runs in the page
   */
  const grows = async (module, use) => {
    let growth = 0;
    await chromium.withPage(async (page) => {
      await page.route(`${server.url}empty`, (route) =>
        route.fulfill({ contentType: 'text/html', headers: isolated, body: '<!doctype html><title>empty</title>' }),
      );
      await page.goto(`${server.url}empty`);
      const session = await page.context().newCDPSession(page);
      const run = (/** @type {number} */ count) =>
        page.evaluate(
          async ([url, body, base64, repeat]) => {
            const exported = await import(url);
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
            const once = new Function(`return ${body}`)();
            for (let i = 0; i < repeat; i++) await once(exported, bytes);
          },
          /** @type {[string, string, string, number]} */ ([server.url + module, String(use), wav, count]),
        );
      const measure = async () => {
        for (let i = 0; i < 60 && page.workers().length > 0; i++) await page.waitForTimeout(50);
        assert.equal(page.workers().length, 0);
        await session.send('HeapProfiler.collectGarbage');
        return page.evaluate(async () => {
          const { bytes } = await /** @type {any} */ (performance).measureUserAgentSpecificMemory();
          return bytes;
        });
      };
      await run(1);
      const first = await measure();
      await run(times);
      growth = (await measure()) - first;
    });
    return growth;
  };

  test('create, analyze, close', async (t) => {
    const growth = await grows('lib/emovox.js', async ({ Emovox }, bytes) => {
      const emovox = await Emovox.create();
      await emovox.analyze(bytes);
      await emovox.close();
    });
    t.diagnostic(`${growth} bytes more`);
    assert.ok(growth < allowance, `${growth} bytes stay`);
  });

  test('results that nobody holds any more', () =>
    chromium.withPage(async (page) => {
      await chromium.openLibrary(page);
      await page.evaluate(async (base64) => {
        const emovox = await globalThis.Emovox.create();
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const results = [];
        for (let i = 0; i < 3; i++) results.push(new WeakRef(await emovox.analyze(bytes)));
        Object.assign(globalThis, { emovox, results });
      }, wav);
      const session = await page.context().newCDPSession(page);
      await session.send('HeapProfiler.collectGarbage');
      assert.equal(await page.evaluate(() => globalThis.results.filter((ref) => ref.deref()).length), 0);
    }));

  test('what was decoded and could not be analysed', () =>
    chromium.withPage(async (page) => {
      /** @type {string[]} */
      const complaints = []; // of the demuxer, about samples that nobody closed
      page.on('console', (message) => complaints.push(message.text()));
      await chromium.openLibrary(page);
      const slow = Buffer.from(wav, 'base64');
      slow.writeUInt32LE(4000, 24); // Hz
      const codes = await page.evaluate(async (base64) => {
        const emovox = await globalThis.Emovox.create();
        globalThis.emovox = emovox;
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const codes = new Set();
        for (let i = 0; i < 5; i++) await emovox.analyze(bytes).catch(({ code }) => codes.add(code));
        return [...codes];
      }, slow.toString('base64'));
      assert.deepEqual(codes, ['sample-rate']);
      const collect = await workerHeap(page);
      for (let i = 0; i < 2; i++) {
        await collect();
        await page.waitForTimeout(100); // finalizers run later
      }
      assert.deepEqual(complaints, []);
    }));

  test('the element added, used, removed', async (t) => {
    const growth = await grows('lib/element.js', async (_, bytes) => {
      const node = /** @type {any} */ (document.createElement('emovox-recorder'));
      document.body.append(node);
      await node.analyze(bytes);
      node.remove();
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    t.diagnostic(`${growth} bytes more`);
    assert.ok(growth < allowance, `${growth} bytes stay`);
  });
});
