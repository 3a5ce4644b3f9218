// SPDX-License-Identifier: MIT
//
// The page in WebKit: files, and use without a network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { data } from '../browser/harness.js';
import { nativeResult } from '../browser/native.js';
import { webkitTest } from './harness.js';

const webkit = webkitTest();
const expected = nativeResult(data('formats/angry.wav'));

for (const name of ['wav', 'flac', 'mp3', 'vorbis.ogg', 'opus.ogg', 'webm', 'm4a']) {
  test(`angry.${name}: the verdict of the native build`, () =>
    webkit.withBrowser(async () => {
      await webkit.openSite();
      await webkit.choose(data(`formats/angry.${name}`));
      const { state, emotion, confidence } = await webkit.shownResult();
      assert.deepEqual([state, emotion, Number(confidence)], ['done', expected.emotion, expected.confidence]);
    }));
}

test('after one visit, the page works without a server', () =>
  webkit.withBrowser(async () => {
    await webkit.openSite();
    await webkit.evaluate(async () => {
      // The page does it as well, in its own time.
      await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
      await navigator.serviceWorker.ready;
    });
    await webkit.server.close();
    await assert.rejects(fetch(webkit.server.url));
    await webkit.openSite();
    await webkit.choose(data('formats/angry.mp3'));
    assert.equal((await webkit.shownResult()).emotion, expected.emotion);
  }));
