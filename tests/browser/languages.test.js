// SPDX-License-Identifier: MIT
//
// The page in another language: all of it, at once, with its numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from '../../web/app/strings/en.js';
import { browserTest, data, judge, microphoneOf, openView, savedResult, show, spokenFile } from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest(microphoneOf(spokenFile().path));
const views = ['listen', 'compare', 'history', 'speakers', 'settings', 'about'];

/** All that is to be read or heard at the moment. @param {Page} page @returns {Promise<string[]>} */
const words = (page) =>
  page.evaluate(() => {
    /** @type {string[]} */ const found = [];
    /** @param {ParentNode} root */
    const collect = (root) => {
      for (const node of root.querySelectorAll('*')) {
        if (node.shadowRoot) collect(node.shadowRoot);
        const option = node.matches('option') && node.parentElement?.checkVisibility();
        if (!option && !node.checkVisibility() && !node.matches('summary ~ *')) continue;
        found.push(node.getAttribute('aria-label') ?? '');
        for (const child of node.childNodes) if (child.nodeType === 3) found.push(String(child.textContent).trim());
      }
    };
    collect(document.body);
    return [...found, document.title].filter(Boolean);
  });

for (const [code, verdict] of /** @type {const} */ ([
  ['de', /Klingt wütend$/],
  ['pl', /Brzmi gniewnie$/],
])) {
  test(`${code}: nothing stays English, in no view, nor what was open before`, () =>
    chromium.withPage(async (page) => {
      const strings = (await import(`../../web/app/strings/${code}.js`)).default;
      const own = new Set(Object.values(strings));
      const english = new Set(Object.values(en).filter((text) => typeof text === 'string' && !own.has(text)));
      const left = async () => (await words(page)).filter((text) => english.has(text));
      await chromium.openSite(page);
      // Something everywhere.
      await judge(page, [data('formats/angry.wav'), data('speech/long.opus')]);
      await page.click('#timeline-table summary');
      await page.click('#keep');
      for (const item of [1, 2]) await page.check(`#recordings li:nth-child(${item}) .compare input`);
      await openView(page, 'speakers');
      await page.click('#enroll'); // which says that a name is needed
      await openView(page, 'settings');
      await page.click('#advanced summary');
      const before = new Set();
      for (const view of views) {
        await openView(page, view);
        for (const text of await left()) before.add(text);
      }
      assert.ok(before.size > 100, `${before.size} of its words were seen in English`);

      for (const view of views) {
        await openView(page, view);
        await page.selectOption('#language', 'en');
        await page.waitForSelector('html[lang=en]');
        await page.selectOption('#language', code);
        await page.waitForSelector(`html[lang=${code}]`);
        assert.deepEqual(await left(), [], view);
      }
      await openView(page, 'listen');
      assert.match(String(await page.textContent('#technical')), /\d,\d/);
      assert.match(String(await page.getAttribute('.plane canvas', 'aria-label')), /\d,\d/);
      assert.match(String(await page.textContent('#numbers')), /\d\u00a0?%.*\d\u00a0?%/);
      await show(page, 'angry.wav');
      assert.match(String(await page.textContent('#result .verdict')), verdict);
      // What is exported stays as it is for programs.
      assert.equal((await savedResult(page)).emotion, 'angry');

      // Also while it records, and after a reload.
      await page.selectOption('#language', 'en');
      await page.click('#record');
      await page.waitForSelector('#result[data-state=live]');
      await page.selectOption('#language', code);
      await page.waitForFunction(
        (text) => document.querySelector('#stop')?.textContent === text,
        strings['record.stop'],
      );
      assert.deepEqual(await left(), []);
      await page.click('#discard');
      await page.waitForSelector('#record:visible');
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await page.getAttribute('html', 'lang'), code);
      assert.deepEqual(await left(), []);
    }));
}
