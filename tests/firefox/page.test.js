// SPDX-License-Identifier: MIT
//
// The page in Firefox: files, the microphone, saving, and use without a network.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { toAudacityLabels, toCsv, toWebVtt } from 'emovox/export';
import { assertSame, data } from '../browser/harness.js';
import { nativeResult } from '../browser/native.js';
import { firefoxTest } from './harness.js';

/** @typedef {import('puppeteer-core').Page} Page */

const firefox = firefoxTest();
const expected = nativeResult(data('formats/angry.wav'));

/** @param {Page} page */
async function shownResult(page) {
  const result = await page.waitForSelector('#result[data-state=done], #result[data-state=failed]');
  return result?.evaluate((node) => ({ .../** @type {HTMLElement} */ (node).dataset }));
}

/**
 * @param {Page} page
 * @param {string} name
 */
async function choose(page, name) {
  const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (await page.$('#file'));
  await input.uploadFile(data(name));
}

/**
 * @param {Page} page
 * @param {string} format
 * @param {string} ending
 */
const save = async (page, format, ending) =>
  readFileSync(await firefox.download(ending, () => page.click(`#result [data-save=${format}]`)));

/** @param {Page} page */
const saved = async (page) => JSON.parse(String(await save(page, 'json', '.json')));

// Lossless files must agree with the native build; lossy ones sound a little different.
for (const [name, within] of [
  ['angry.wav', 1e-4],
  ['angry.flac', 1e-4],
  ['angry.mp3', 0.1],
  ['angry.vorbis.ogg', 0.1],
  ['angry.opus.ogg', 0.1],
  ['angry.webm', 0.1],
  ['angry.m4a', 0.1],
]) {
  test(`${name}: probabilities within ${within} of the native build`, () =>
    firefox.withPage(async (page) => {
      await firefox.openSite(page);
      await choose(page, `formats/${name}`);
      const result = await shownResult(page);
      assert.deepEqual([result?.state, result?.emotion], ['done', expected.emotion]);
      const { probabilities, file } = await saved(page);
      assert.equal(file, name);
      for (const [label, probability] of Object.entries(expected.probabilities)) {
        const difference = Math.abs(probabilities[label] - probability);
        assert.ok(difference <= within, `${label} differs by ${difference}`);
      }
    }));
}

test('every export', () =>
  firefox.withPage(async (page) => {
    await page.evaluateOnNewDocument(() => {
      window.print = () => document.body.classList.add('printed');
    });
    await firefox.openSite(page);
    await choose(page, 'speech/03-01-04-02-01-01-12.flac');
    await shownResult(page);
    const { file, ...result } = await saved(page);
    assert.equal(file, '03-01-04-02-01-01-12.flac');
    assert.equal(String(await save(page, 'csv', '.csv')), toCsv(result));
    assert.equal(String(await save(page, 'vtt', '.vtt')), toWebVtt(result));
    assert.equal(String(await save(page, 'audacity', '.labels.txt')), toAudacityLabels(result));
    assert.deepEqual(await save(page, 'audio', '.flac'), readFileSync(data(`speech/${file}`)));
    const picture = await save(page, 'png', '.png');
    assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [2400, 1520]);
    assert.ok(picture.length > 30_000, `a picture of ${picture.length} bytes`);
    await page.click('[data-save=print]');
    await page.waitForSelector('body.printed');
    assert.match(String(await page.$eval('#report', (node) => node.textContent)), /emovox report: 03-01-04/);
  }));

test('what is said into the microphone has the emotion that the native build hears in it', () =>
  firefox.withPage(async (page) => {
    await firefox.openSite(page);
    await page.click('#record');
    await page.waitForSelector('#stop', { visible: true });
    for (let i = 0; i < 3; i++) await firefox.say(data('formats/angry.wav'));
    await page.click('#stop');
    const shown = await shownResult(page);
    assert.deepEqual([shown?.state, shown?.emotion], ['done', expected.emotion]);
    const result = await saved(page);
    const { duration, engine } = result;
    assert.ok(duration > 9, `${duration} s recorded`);
    // And what was kept of it sounds the same to the native build.
    const path = await firefox.download('.wav', () => page.click('[data-save=audio]'));
    assertSame(result, nativeResult(path), 1e-4);
    assert.equal(engine.sampleRate, await page.evaluate(() => new AudioContext().sampleRate));
  }));

test('after one visit, the page works without a server', () =>
  firefox.withPage(async (page) => {
    await firefox.openSite(page);
    await page.evaluate(async () => {
      // The page does it as well, in its own time.
      await navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
      await navigator.serviceWorker.ready;
    });
    await firefox.server.close();
    await assert.rejects(fetch(firefox.server.url));
    await firefox.openSite(page);
    await choose(page, 'formats/angry.mp3');
    assert.equal((await shownResult(page))?.emotion, expected.emotion);
  }));
