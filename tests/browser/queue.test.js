// SPDX-License-Identifier: MIT
//
// Opening recordings, in every way and many at once: their order, their progress, their end.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { makeWav } from '../node/audio.js';
import {
  browserTest,
  crashEngine,
  data,
  give,
  judge,
  longFile,
  openView,
  savedResult,
  settled,
  show,
  shownResult,
  vanishEngine,
} from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest();
const angry = readFileSync(data('formats/angry.wav'));
const silence = makeWav(new Float32Array(80000), 16000);

/**
 * @param {string} name
 * @param {Uint8Array} [bytes]
 */
const wav = (name, bytes = angry) => ({ name, mimeType: 'audio/wav', buffer: Buffer.from(bytes) });

/** @param {Page} page @returns {Promise<{name: string, state: string, hint: string}[]>} the list, oldest first */
const listed = async (page) =>
  (
    await page.locator('#recordings li').evaluateAll((items) =>
      items.map((item) => ({
        name: String(item.querySelector('.file')?.textContent),
        state: String(item.getAttribute('data-state')),
        hint: String(item.querySelector('.hint')?.textContent),
      })),
    )
  ).reverse();

describe('ways to open a file', () => {
  test('dropped, pasted, chosen, also the same one again, from every view', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      assert.equal(await give(page, 'drop', [wav('one.wav'), wav('two.wav')]), true);
      await settled(page, 2);
      await openView(page, 'settings');
      await give(page, 'paste', [wav('three.wav')]);
      await settled(page, 3);
      await page.waitForSelector('#view-listen:visible');
      for (const count of [4, 5]) {
        await page.setInputFiles('#file', data('formats/angry.flac'));
        await settled(page, count);
      }
      const expected = ['one.wav', 'two.wav', 'three.wav', 'angry.flac', 'angry.flac'];
      const list = await listed(page);
      assert.deepEqual(
        list.map(({ name, hint }) => [name, hint]),
        expected.map((name) => [name, 'angry, 100%']),
      );
    }));

  test('the samples', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const buttons = await page.locator('[data-sample]').count();
      assert.equal(buttons, 3);
      for (let i = 0; i < buttons; i++) {
        if (i > 0) await page.click('#samples summary'); // they made room
        await page.locator('[data-sample]').nth(i).click();
        await settled(page, i + 1);
        const { state, emotion } = await shownResult(page);
        assert.equal(state, 'done');
        assert.notEqual(emotion, 'no speech');
        await page.$eval('#samples', (node) => /** @type {HTMLDetailsElement} */ (node).removeAttribute('open'));
      }
    }));

  test('something else says what it is, and the others go on', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await judge(page, [wav('one.wav'), wav('letter.txt', Buffer.from('Dear diary, '.repeat(500))), wav('two.wav')]);
      const list = await listed(page);
      assert.deepEqual(
        list.map(({ state }) => state),
        ['done', 'failed', 'done'],
      );
      assert.equal(list[1].hint, 'no result');
      await show(page, 'letter.txt');
      const { error, text } = await shownResult(page);
      assert.equal(error, 'undecodable');
      assert.match(text, /letter\.txt.*No result.*cannot be read as audio\. Choose a WAV/);
      assert.equal(await page.isDisabled('#play'), true);
    }));
});

describe('many', () => {
  test('twenty, each with its own verdict, in their order', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.evaluate(() => {
        globalThis.begun = [];
        new MutationObserver(() => {
          const name = document.querySelector('#recordings [data-state=working] .file')?.textContent;
          if (name && !globalThis.begun.includes(name)) globalThis.begun.push(name);
        }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-state'] });
      });
      const files = Array.from({ length: 20 }, (_, i) => wav(`${i}.wav`, i % 3 === 1 ? silence : angry));
      await judge(page, files);
      assert.deepEqual(
        (await listed(page)).map(({ name, hint }) => [name, hint]),
        files.map(({ name }, i) => [name, i % 3 === 1 ? 'no speech' : 'angry, 100%']),
      );
      const begun = await page.evaluate(() => globalThis.begun.map((/** @type {string} */ name) => parseInt(name, 10)));
      assert.deepEqual(
        begun,
        [...begun].sort((a, b) => a - b),
      );
    }));

  test('cancelled: one that waits, one under way, all', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const long = longFile(30);
      await page.setInputFiles('#file', [long, long, data('formats/angry.wav'), long, long]);
      await page.waitForSelector('#recordings li:last-child[data-state=working]');
      const item = (/** @type {number} */ n) => page.locator('#recordings li').nth(4 - n);
      assert.equal(await page.isVisible('#cancel-all'), true);
      await item(1).locator('.remove').click();
      await page.waitForSelector('#recordings li:nth-last-child(2)[data-state=failed]');
      assert.equal(await item(1).locator('.hint').textContent(), 'stopped');
      assert.equal(await item(0).getAttribute('data-state'), 'working', 'the first goes on');

      await page.click('#cancel'); // what is shown is what is under way
      await page.waitForSelector('#recordings li:nth-last-child(4)[data-state=working]');
      await page.waitForSelector('#result[data-state=working]'); // the next one is shown
      assert.equal(await page.getAttribute('#recordings li:nth-last-child(4) .entry', 'aria-current'), 'true');
      await item(0).locator('.entry').click();
      await page.waitForSelector('#result[data-error=aborted]');
      assert.match(String(await page.textContent('#result')), /Stopped.*You stopped the analysis/);
      assert.equal(await item(2).locator('.hint').textContent(), 'angry, 100%');

      await page.click('#cancel-all');
      await settled(page, 5);
      assert.deepEqual(
        (await listed(page)).map(({ hint }) => hint),
        ['stopped', 'stopped', 'angry, 100%', 'stopped', 'stopped'],
      );
      assert.equal(await page.isVisible('#cancel-all'), false);
      // And on it goes.
      await item(2).locator('.entry').click();
      await page.click('#again');
      await page.waitForSelector('#result[data-emotion=angry]');
    }));

  test('removed: what is shown then is another one, and nothing in the end', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await judge(page, [wav('one.wav'), wav('two.wav', silence)]);
      await show(page, 'one.wav');
      await page.click('[aria-label="Remove one.wav"]');
      await page.waitForSelector('#result[data-emotion="no speech"]');
      await page.click('[aria-label="Remove two.wav"]');
      await page.waitForSelector('#result[data-state=empty]');
      assert.equal(await page.isVisible('#queue'), false);
    }));
});

test('a long file: progress, the time that is left, and what is known so far', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await page.setInputFiles('#file', longFile(60));
    await page.waitForSelector('#result[data-state=working]');
    const share = () => page.$eval('#progress', (node) => /** @type {HTMLProgressElement} */ (node).value);
    await page.waitForFunction(() =>
      / of 1:00:0\d, .*left$/.test(document.querySelector('#progress-text')?.textContent ?? ''),
    );
    const early = await share();
    assert.match(String(await page.textContent('#result .verdict')), /So far: angry/);
    const votes = () => page.locator('.distribution [data-label=angry] td').first().textContent();
    const before = Number(String(await votes()).replace(',', ''));
    const segments = Number(await page.getAttribute('.strip', 'aria-valuemax'));
    assert.ok(before > 0 && before < 1800 && segments > 0 && segments < 1800);
    await page.click('#timeline-table summary');
    await page.waitForSelector('#timeline-table tbody tr');
    assert.match(String(await page.textContent('#recordings .hint')), /^\d+%, .*left$/);
    await page.waitForFunction(
      (least) => /** @type {HTMLProgressElement} */ (document.querySelector('#progress')).value > least,
      early,
    );
    await shownResult(page);
    const { votes: all, segments: last } = await savedResult(page);
    await page.waitForSelector(`.strip[aria-valuemax="${last.length}"]`);
    assert.equal(Number(String(await votes()).replace(',', '')), all.angry);
    assert.ok(all.angry > before && all.angry > 1700);
    // Rows come some at a time.
    assert.equal(await page.locator('#timeline-table tbody tr').count(), 50);
    await page.click('#timeline-table > button');
    assert.equal(await page.locator('#timeline-table tbody tr').count(), 100);
  }));

describe('a crash of the engine', () => {
  for (const [what, crash] of /** @type {const} */ ([
    ['of its worker', crashEngine],
    ['of its worker, which vanishes', vanishEngine],
    [
      'in the analysis',
      (/** @type {Page} */ page) =>
        page.workers()[0].evaluate(() => {
          const { now } = performance;
          performance.now = () => {
            performance.now = now;
            throw new WebAssembly.RuntimeError('unreachable');
          };
        }),
    ],
  ])) {
    test(`${what}: the file says so and can be analysed again, the others go on`, () =>
      chromium.withPage(
        async (page) => {
          await chromium.openSite(page);
          await page.setInputFiles('#file', [longFile(30), data('formats/angry.wav'), data('formats/angry.flac')]);
          await page.waitForSelector('#result[data-state=working]');
          await crash(page);
          await settled(page, 3);
          assert.deepEqual(
            (await listed(page)).map(({ hint }) => hint),
            ['no result', 'angry, 100%', 'angry, 100%'],
          );
          await show(page, '30-minutes.wav');
          const { error, text } = await shownResult(page);
          assert.equal(error, 'internal');
          assert.match(text, /The engine crashed/);
          await page.click('#again');
          await page.waitForSelector('#result[data-emotion=angry]');
        },
        { expectErrors: true },
      ));
  }
});
