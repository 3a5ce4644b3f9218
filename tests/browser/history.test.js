// SPDX-License-Identifier: MIT
//
// The history: nothing is kept unless it is asked for, and then it is all there again.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  browserTest,
  data,
  judge,
  microphoneOf,
  openView,
  recorded,
  saved,
  savedResult,
  show,
  shownResult,
  spokenFile,
} from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest(microphoneOf(spokenFile().path));

/** What IndexedDB holds. @param {Page} page @returns {Promise<{name: string, audio: number | null}[]>} */
const stored = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('emovox');
        opening.onerror = reject;
        opening.onsuccess = () => {
          const db = opening.result;
          if (!db.objectStoreNames.contains('recordings')) return resolve([]);
          const all = db.transaction('recordings').objectStore('recordings').getAll();
          all.onsuccess = () => {
            db.close();
            resolve(all.result.map(({ name, audio }) => ({ name, audio: audio?.size ?? null })));
          };
        };
      }),
  );

/** @param {Page} page @param {number} count */
const kept = async (page, count) => {
  await openView(page, 'history');
  await page.waitForFunction(
    (expected) => document.querySelectorAll('#history-list tbody tr').length === expected,
    count,
  );
  assert.equal((await stored(page)).length, count);
};

/** @param {Page} page @param {{sound?: boolean}} [options] */
async function turnOn(page, { sound = false } = {}) {
  await openView(page, 'history');
  await page.check('#history-on');
  if (sound) await page.check('#history-audio');
  await openView(page, 'listen');
}

describe('off', () => {
  test('nothing is kept, but the one that is wanted', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await judge(page, [data('formats/angry.wav'), data('formats/angry.flac')]);
      await kept(page, 0);
      assert.match(String(await page.textContent('#history-list')), /Nothing is kept/);
      assert.equal(await page.isDisabled('#history-export'), true);
      await openView(page, 'listen');
      await page.click('#keep');
      await page.waitForSelector('#keep:disabled:has-text("In the history")');
      await kept(page, 1);
      assert.deepEqual(await stored(page), [{ name: 'angry.flac', audio: null }]);
      // Turned on, it takes what comes, not what was there.
      await turnOn(page);
      await show(page, 'angry.wav');
      await page.waitForSelector('#keep:enabled');
      await kept(page, 1);
      // Deleted there, it can be kept again.
      await page.click('[aria-label="Delete angry.flac"]');
      await kept(page, 0);
      await openView(page, 'listen');
      await show(page, 'angry.flac');
      await page.click('#keep:enabled');
      await kept(page, 1);
    }));
});

describe('on', () => {
  test('verdicts are there after a reload, with waveform, segments and numbers, and can be exported', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await turnOn(page);
      const results = [];
      for (const name of ['speech/long.opus', 'formats/angry.wav']) {
        await judge(page, data(name));
        results.push(await savedResult(page));
      }
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      assert.equal(await page.getAttribute('#result', 'data-state'), 'empty');
      await kept(page, 2);
      assert.equal(await page.isChecked('#history-on'), true);
      const exported = JSON.parse(String((await saved(page, '#history-export')).bytes));
      assert.deepEqual(
        exported.map(({ when, ...result }) => result),
        results.toReversed(),
      );
      for (const { when } of exported) assert.ok(Date.now() - Date.parse(when) < 600_000);

      await page.click('[aria-label="Open long.opus"]');
      await page.waitForSelector('#view-listen:visible');
      assert.equal((await shownResult(page)).emotion, results[0].emotion);
      assert.deepEqual(await savedResult(page), results[0]);
      await page.waitForSelector(`.strip[aria-valuemax="${results[0].segments.length}"]`);
      await page.click('#timeline-table summary');
      await page.waitForFunction(
        (rows) => document.querySelectorAll('#timeline-table tbody tr').length === rows,
        results[0].segments.length,
      );
      const painted = await page.$eval('.wave-surface > div', (host) => {
        const canvas = /** @type {HTMLCanvasElement} */ (host.shadowRoot?.querySelector('.canvases canvas'));
        const { data } = /** @type {any} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((/** @type {number} */ value, /** @type {number} */ i) => i % 4 === 3 && value > 0).length;
      });
      assert.ok(painted > 1000, `${painted} pixels`);
      assert.match(String(await page.textContent('.wave [role=note]')), /sound itself was not kept/);
      assert.equal(await page.isDisabled('#play'), true);
      // Opened once more, it is the same.
      await openView(page, 'history');
      await page.click('[aria-label="Open long.opus"]');
      assert.equal(await page.locator('#recordings li').count(), 1);
    }));

  test('what was kept before agreement and probability had their names opens as ever', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await turnOn(page);
      await judge(page, data('speech/long.opus'));
      const result = await savedResult(page);
      await kept(page, 1);
      await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const opening = indexedDB.open('emovox');
            opening.onsuccess = () => {
              const store = opening.result.transaction('recordings', 'readwrite').objectStore('recordings');
              const all = store.getAll();
              all.onsuccess = () => {
                const [one] = all.result;
                const { agreement, probability, prior, evidence, segments, ...rest } = one.result;
                const older = segments.map(({ probability, evidence, ...segment }) => ({
                  ...segment,
                  confidence: probability,
                }));
                one.result = { ...rest, schema: 'emovox.result/1', segments: older };
                const { model, hop, threshold, speaker } = one.conditions;
                one.conditions = { model, hop, threshold, speaker };
                const put = store.put(one);
                put.onerror = reject;
                put.onsuccess = () => {
                  opening.result.close();
                  resolve(undefined);
                };
              };
            };
          }),
      );
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      await kept(page, 1);
      assert.match(String(await page.textContent('#history-list tbody')), /angry, \d+%/);
      await page.click('[aria-label="Open long.opus"]');
      await page.waitForSelector('#view-listen:visible');
      const { emotion, agreement } = await shownResult(page);
      assert.deepEqual([emotion, Number(agreement)], [result.emotion, Number(result.agreement.toFixed(4))]);
      const old = await savedResult(page);
      assert.equal(old.agreement, result.agreement);
      assert.ok(Math.abs(old.probability - result.probability) < 1e-6);
      assert.deepEqual(
        old.segments.map(({ probability }) => probability),
        result.segments.map(({ probability }) => probability),
      );
      await page.click('#timeline-table summary');
      await page.waitForSelector('#timeline-table tbody tr');
      assert.doesNotMatch(String(await page.textContent('#result')), /NaN|undefined/);
    }));

  test('one is deleted, then all, after a question; and they stay away', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await turnOn(page);
      await judge(
        page,
        ['angry.wav', 'angry.flac', 'angry.mp3'].map((name) => data(`formats/${name}`)),
      );
      await kept(page, 3);
      await page.click('[aria-label="Delete angry.flac"]');
      await kept(page, 2);
      /** @type {string[]} */ const questions = [];
      let sure = false;
      page.on('dialog', (dialog) => {
        questions.push(dialog.message());
        return sure ? dialog.accept() : dialog.dismiss();
      });
      await page.click('#history-delete');
      await kept(page, 2);
      sure = true;
      await page.click('#history-delete');
      await kept(page, 0);
      assert.equal(questions.length, 2);
      assert.match(questions[0], /cannot be undone/);
      await openView(page, 'listen');
      await page.check('#recordings li:first-child .compare input');
      await show(page, 'angry.wav');
      await page.waitForSelector('#keep:enabled');
      await kept(page, 0);
      // Analysed again, it is kept again.
      await openView(page, 'listen');
      await page.click('#again');
      await page.waitForSelector('#keep:disabled');
      await kept(page, 1);
    }));

  test('the sound as well, if that is wanted: of a file, and of a recording', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await turnOn(page, { sound: true });
      await judge(page, data('formats/angry.wav'));
      await page.click('#record');
      await recorded(page, 4);
      await page.click('#stop');
      await shownResult(page);
      const sound = await saved(page, '[data-save=audio]');
      await kept(page, 2);
      assert.deepEqual(
        (await stored(page)).map(({ audio }) => audio),
        [readFileSync(data('formats/angry.wav')).length, sound.bytes.length],
      );
      await page.reload();
      await page.waitForSelector('body[data-ready]');
      await openView(page, 'history');
      await page.click('#history-list tbody tr:first-child th button');
      const { emotion } = await shownResult(page);
      assert.deepEqual((await saved(page, '[data-save=audio]')).bytes, sound.bytes);
      await page.click('#play');
      await page.waitForFunction(() => document.querySelector('.time')?.textContent?.startsWith('0:01 /'));
      await page.click('#again');
      await page.waitForSelector(`#result[data-state=done][data-emotion="${emotion}"]`);
    }));
});
