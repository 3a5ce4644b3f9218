// SPDX-License-Identifier: MIT
//
// The page in WebKit: a file, the microphone, and use without a network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { data } from '../browser/harness.js';
import { nativeResult } from '../browser/native.js';
import { webkitTest } from './harness.js';

const webkit = webkitTest();
const expected = nativeResult(data('formats/angry.wav'));

// WAV takes no codec. WebKitGTK 2.50 has an AudioDecoder that fails with FLAC and MP3 and ends the page with Opus, so
// that other files say nothing about Safari.
test('a file: the verdict of the native build', () =>
  webkit.withBrowser(async () => {
    await webkit.openSite();
    await webkit.choose(data('formats/angry.wav'));
    const { state, emotion, agreement } = await webkit.shownResult();
    assert.deepEqual([state, emotion, Number(agreement)], ['done', expected.emotion, expected.agreement]);
  }));

test('what is said into the microphone is analysed', () =>
  webkit.withBrowser(async () => {
    await webkit.openSite();
    await webkit.click('#record');
    await webkit.waitFor('#stop');
    await sleep(4000);
    await webkit.click('#stop');
    assert.equal((await webkit.shownResult()).state, 'done');
  }));

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
    await webkit.choose(data('formats/angry.wav'));
    assert.equal((await webkit.shownResult()).emotion, expected.emotion);
  }));
