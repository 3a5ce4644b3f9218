// SPDX-License-Identifier: MIT
//
// What gets into the page stays text: no markup from data, no script from anywhere else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserTest, data, shownResult } from './harness.js';

const chromium = browserTest();

describe('Trusted Types', () => {
  test('the page works under them; markup and foreign scripts are refused', () =>
    chromium.withPage(
      async (page) => {
        await chromium.openSite(page);
        await page.setInputFiles('#file', data('formats/angry.wav'));
        assert.equal((await shownResult(page)).emotion, 'angry');
        const refused = await page.evaluate(() => {
          const attempts = {
            markup: () => document.createElement('div').setHTMLUnsafe('<b>bold</b>'),
            innerHTML: () => Object.assign(document.createElement('div'), { innerHTML: '<img src=x>' }),
            document: () => new DOMParser().parseFromString('<p>', 'text/html'),
            handler: () => document.body.setAttribute('onclick', 'void 0'),
            worker: () => new Worker('https://elsewhere.example/worker.js'),
            blob: () => new Worker(URL.createObjectURL(new Blob(['']))),
            text: () => Object.assign(document.createElement('script'), { text: 'void 0' }),
          };
          return Object.entries(attempts).map(([name, attempt]) => {
            try {
              attempt();
              return `${name}: done`;
            } catch (error) {
              return `${name}: ${/** @type {Error} */ (error).name}`;
            }
          });
        });
        for (const attempt of refused) assert.doesNotMatch(attempt, /done/);
      },
      { expectErrors: true },
    ));
});
