// SPDX-License-Identifier: MIT
//
// Settings: what they do to verdicts, where they stay, and the large model.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertSame, browserTest, data, judge, openView, savedResult, set, tolerance } from './harness.js';
import { nativeResult } from './native.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest();
const long = data('speech/long.opus');
const files = [
  'formats/angry.flac',
  'speech/03-01-08-02-02-01-20.flac',
  'speech/IC0_sadness_3.opus',
  'speech/long.opus',
];

/**
 * Whether the page says about some files what the native build says with these options.
 *
 * @param {Page} page
 * @param {...string} options
 */
async function assertNative(page, ...options) {
  for (const file of files) {
    await judge(page, data(file));
    assertSame(await savedResult(page), nativeResult(data(file), ...options), tolerance(file));
  }
}

/** What the settings view shows. @param {Page} page */
async function shown(page) {
  await openView(page, 'settings');
  return page.evaluate(() => ({
    hop: /** @type {HTMLSelectElement} */ (document.querySelector('#hop')).value,
    prior: /** @type {HTMLSelectElement} */ (document.querySelector('#prior')).value,
    threshold: /** @type {HTMLInputElement} */ (document.querySelector('#threshold')).value,
    large: /** @type {HTMLInputElement} */ (document.querySelector('#model-large')).checked,
    flags: ['echo', 'noise', 'gain'].map(
      (id) => /** @type {HTMLInputElement} */ (document.querySelector(`#${id}`)).checked,
    ),
    language: document.documentElement.lang,
  }));
}

const defaults = {
  hop: '2',
  prior: 'everyday',
  threshold: '25',
  large: false,
  flags: [false, false, false],
  language: 'en',
};

describe('verdicts are those of the native build', () => {
  test('with another hop', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await set(page, 'hop', '0.5');
      await assertNative(page, '--hop', '0.5');
      assert.match(String(await page.textContent('#technical')), /a segment every 0\.5 s/);
      await set(page, 'hop', '4');
      await assertNative(page, '--hop', '4');
    }));

  test('with another prior, which the page tells', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await judge(page, long);
      const everyday = await savedResult(page);
      assert.match(String(await page.textContent('#technical')), /threshold 25% · everyday speech expected/);
      await set(page, 'prior', 'even');
      await assertNative(page, '--prior', 'even');
      const even = await savedResult(page);
      assert.ok(even.prior.neutral < everyday.prior.neutral);
      assert.ok(even.probabilities.neutral < everyday.probabilities.neutral);
      assert.match(String(await page.textContent('#technical')), /all emotions expected alike/);
    }));

  test('with another threshold: none is uncertain with 0, all are with 100', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      for (const [percent, share] of [
        ['0', '0'],
        ['50', '0.5'],
        ['100', '1'],
      ]) {
        await set(page, 'threshold', percent);
        await assertNative(page, '--threshold', share);
        const { votes, segments } = await savedResult(page);
        if (percent === '0') assert.equal(votes.uncertain, 0);
        if (percent === '50') assert.ok(votes.uncertain > 0 && votes.uncertain < segments.length);
        if (percent === '100') assert.equal(votes.uncertain, segments.length);
      }
      assert.match(String(await page.textContent('#result .verdict')), /No emotion stands out/);
      assert.match(String(await page.textContent('#why')), /no emotion reached the threshold of 100%/);
    }));

  test('with the large model: its size, its download, its verdicts, its end', () =>
    chromium.withPage(async (page) => {
      /** @type {(string | undefined)[]} */ const ranges = [];
      page.on('request', (request) => {
        if (request.url().includes('emovox-large')) ranges.push(request.headers().range);
      });
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      const speed = (/** @type {number} */ downloadThroughput) =>
        session.send('Network.emulateNetworkConditions', {
          offline: false,
          latency: 0,
          downloadThroughput,
          uploadThroughput: -1,
        });
      await chromium.openSite(page);
      await openView(page, 'settings');
      assert.match(String(await page.textContent('#model-large-note')), /\d\.\d MB to download once/);
      assert.match(String(await page.textContent('#model-large-accuracy')), /Right in \d\d%/);
      assert.deepEqual(ranges, [], 'not before it is wanted');

      await speed(500_000);
      await page.check('#model-large');
      await page.waitForFunction(() => {
        const { value } = /** @type {HTMLProgressElement} */ (document.querySelector('#model-progress'));
        return value > 0.05 && value < 1;
      });
      assert.match(String(await page.textContent('#model-progress-text')), /^Downloading: \d\.\d MB of \d+\.\d MB\.$/);
      await page.click('#model-cancel');
      await page.waitForSelector('#model-download', { state: 'hidden' });
      assert.equal(await page.isChecked('#model-small'), true);
      assert.equal(await page.isVisible('#model-remove'), false);

      await speed(-1);
      await page.check('#model-large');
      await page.waitForSelector('#model-remove:visible');
      assert.equal(ranges.length, 2);
      assert.match(String(ranges[1]), /^bytes=[1-9]\d*-$/, 'it goes on where it stopped');
      assert.match(String(await page.textContent('#model-large-note')), /Stored on this device/);
      await openView(page, 'listen');
      await assertNative(page, '--model', 'large');
      assert.match((await savedResult(page)).engine.model, /^large/);

      await page.reload();
      await page.waitForSelector('body[data-ready]');
      await judge(page, long);
      assertSame(await savedResult(page), nativeResult(long, '--model', 'large'), tolerance(long));
      assert.equal(ranges.length, 2, 'it is on this device');
      await openView(page, 'settings');
      await page.click('#model-remove');
      await page.waitForSelector('#model-remove', { state: 'hidden' });
      assert.equal(await page.isChecked('#model-small'), true);
      await openView(page, 'listen');
      await judge(page, long);
      assert.match((await savedResult(page)).engine.model, /^small/);
    }));
});

describe('settings stay', () => {
  test('over a reload, and go with a reset', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      assert.deepEqual(await shown(page), defaults);
      await set(page, 'hop', '1');
      await set(page, 'prior', 'even');
      await set(page, 'threshold', '40');
      await openView(page, 'settings');
      await page.check('#noise');
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      const changed = { ...defaults, hop: '1', prior: 'even', threshold: '40', flags: [false, true, false] };
      assert.deepEqual(await shown(page), changed);
      await page.click('#settings-reset');
      assert.deepEqual(await shown(page), defaults);
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.deepEqual(await shown(page), defaults);
    }));

  test('in a link, which says nothing else, and works elsewhere', () =>
    chromium.withPage(async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.goto(`${chromium.url}site/?from=elsewhere#settings`);
      await page.waitForSelector('body[data-ready]');
      await openView(page, 'listen');
      await judge(page, long);
      await set(page, 'hop', '0.5');
      await set(page, 'prior', 'even');
      await set(page, 'threshold', '40');
      await page.selectOption('#language', 'de');
      await openView(page, 'settings');
      await page.click('.copy-link');
      await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Kopiert.');
      const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
      const named = { hop: '0.5', prior: 'even', threshold: '0.4', language: 'de' };
      assert.deepEqual(Object.fromEntries(link.searchParams), named);
      assert.equal(link.hash, '');
      await chromium.withPage(async (other) => {
        await other.goto(link.href);
        await other.waitForSelector('body[data-ready]');
        assert.deepEqual(await shown(other), {
          ...defaults,
          hop: '0.5',
          prior: 'even',
          threshold: '40',
          language: 'de',
        });
      });
    }));

  test('bad values in a link, or in the store, are ignored', () =>
    chromium.withPage(async (page) => {
      for (const query of [
        'threshold=7&hop=abc&model=huge&language=xx&echo=maybe&unknown=1',
        'threshold=-1&hop=0&model=&language=__proto__&echo=',
        'threshold=NaN&hop=1e9&model=toString&language=constructor&gain=2',
        'threshold=&hop=Infinity&language=<b>&prior=odd',
        'prior=&labels=sad',
      ]) {
        await page.goto(`${chromium.url}site/?${query}`);
        await page.waitForSelector('body[data-ready]');
        assert.deepEqual(await shown(page), defaults, query);
      }
      for (const text of ['{"threshold":7,"hop":[],"model":{},"prior":{"sad":1}}', 'no JSON', 'null', '[]']) {
        await page.evaluate((value) => localStorage.setItem('emovox.settings', value), text);
        await chromium.openSite(page);
        assert.deepEqual(await shown(page), defaults, text);
      }
    }));
});
