// SPDX-License-Identifier: MIT
//
// Speakers: making somebody known, and what that does to verdicts.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { nativeResults } from '../node/native.js';
import {
  assertSame,
  browserTest,
  crashEngine,
  data,
  judge,
  longFile,
  microphoneOf,
  openView,
  savedResult,
  settled,
  show,
  spokenFile,
  temporary,
} from './harness.js';
import { nativeEnroll, nativeResult } from './native.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest(microphoneOf(spokenFile().path, { loop: true }));
const ordinary = longFile(0.25);
const files = ['speech/03-01-04-02-01-01-12.flac', 'formats/angry.wav', 'speech/03-01-02-01-02-01-07.flac'];

/** @param {string} file @returns {string} what may be written to */
function temporaryCopy(file) {
  const copy = temporary('copy.profile');
  copyFileSync(file, copy);
  return copy;
}

/**
 * Waits until the history holds recordings that are judged with so much known of a speaker.
 *
 * @param {Page} page
 * @param {number} seconds
 * @param {number} [count] of recordings
 */
const inHistory = (page, seconds, count = 1) =>
  page.waitForFunction(
    ([wanted, many]) =>
      new Promise((resolve) => {
        const opening = indexedDB.open('emovox');
        opening.onsuccess = () => {
          const all = opening.result.transaction('recordings').objectStore('recordings').getAll();
          all.onsuccess = () => {
            opening.result.close();
            resolve(all.result.filter(({ result }) => result.adaptation?.seconds === wanted).length >= many);
          };
        };
      }),
    /** @type {const} */ ([seconds, count]),
  );

/** @param {Page} page @param {string} name */
async function enroll(page, name) {
  await openView(page, 'speakers');
  await page.fill('#speaker-name', name);
  await page.setInputFiles('#enroll-file', ordinary);
  await page.waitForSelector(`#speaker-list li:has-text("${name}")`);
}

test('enrolled from a file, also after a reload: the verdicts of the native build with its profile', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    assert.equal(await page.isVisible('#speaker-label'), false);
    await enroll(page, 'Ann');
    assert.match(String(await page.textContent('#enroll-note')), /^Ann is known now: 1\d s of speech\.$/);
    assert.equal(await page.inputValue('#speaker-name'), '');
    const profile = temporary('ann.profile');
    nativeEnroll(profile, ordinary);

    await openView(page, 'listen');
    assert.equal(await page.locator('#speaker option:checked').textContent(), 'Ann', 'the chosen one at once');
    /** Whether the recordings of this visit are judged as the native build judges them. @param {string[]} paths */
    const assertSession = async (paths, visit = paths) => {
      const native = nativeResults(
        paths.map((file) => data(file)),
        ['--speaker', temporaryCopy(profile)],
      ).slice(-visit.length);
      for (const [i, file] of visit.entries()) {
        await show(page, path.basename(file));
        const result = await savedResult(page);
        assertSame(result, native[i], 1e-4);
        assert.ok(result.adaptation.weight > 0);
        for (const name of /** @type {const} */ (['seconds', 'weight'])) {
          assert.ok(Math.abs(result.adaptation[name] - native[i].adaptation[name]) < 1e-3, name);
        }
        assert.match(String(await page.textContent('#technical')), /adapted to Ann by \d+%$/);
      }
    };
    await judge(page, data(files[0]));
    const first = await savedResult(page);
    await assertSession([files[0]]);
    // What comes later tells more about what came before: that is judged again at once, and says so in the list.
    await judge(page, data(files[1]));
    await assertSession(files.slice(0, 2));
    await show(page, path.basename(files[0]));
    assert.notDeepEqual((await savedResult(page)).probabilities, first.probabilities);
    nativeResults(
      files.slice(0, 2).map((file) => data(file)),
      ['--speaker', profile],
    );
    // What it has learnt stays as well.
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.equal(await page.locator('#speaker option:checked').textContent(), 'Somebody unknown');
    await page.selectOption('#speaker', { label: 'Ann' });
    await judge(page, data(files[2]));
    await assertSession([files[2]]);
    // A stranger is judged as ever.
    await page.selectOption('#speaker', { label: 'Somebody unknown' });
    await judge(page, data(files[0]));
    const stranger = await savedResult(page);
    assertSame(stranger, nativeResult(data(files[0])), 1e-4);
    assert.equal(stranger.adaptation, undefined);
  }));

test('enrolled by reading aloud; it takes a name, and a few seconds', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await openView(page, 'speakers');
    await page.click('#enroll');
    assert.match(String(await page.textContent('#enroll-note')), /name first/);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'speaker-name');
    await page.fill('#speaker-name', 'Bob');
    await page.click('#enroll');
    await page.waitForSelector('#enroll:has-text("That will do")');
    await page.waitForFunction(() => / 1[89] s left/.test(document.querySelector('#enroll-note')?.textContent ?? ''));
    await page.click('#enroll');
    await page.waitForFunction(() => /too short/.test(document.querySelector('#enroll-note')?.textContent ?? ''));
    assert.match(String(await page.textContent('#speaker-list')), /Nobody is known/);

    await page.click('#enroll'); // the name is still there
    await page.waitForSelector('#enroll-progress:visible');
    await page.waitForFunction(() => / 1[0-2] s left/.test(document.querySelector('#enroll-note')?.textContent ?? ''));
    await page.click('#enroll:has-text("That will do")');
    await page.waitForSelector('#speaker-list li:has-text("Bob")');
    await page.waitForSelector('#enroll-progress', { state: 'hidden' });
    assert.equal(await page.textContent('#enroll'), 'Record 20 seconds');
    await openView(page, 'listen');
    await judge(page, data(files[0]));
    assert.ok((await savedResult(page)).adaptation.seconds > 5);
  }));

test('the engine crashes while somebody reads: said at once, and the next time it is learnt', () =>
  chromium.withPage(
    async (page) => {
      await chromium.openSite(page);
      await openView(page, 'speakers');
      await page.fill('#speaker-name', 'Bob');
      await page.click('#enroll');
      await page.waitForFunction(() => / 1[89] s left/.test(document.querySelector('#enroll-note')?.textContent ?? ''));
      await crashEngine(page);
      await page.waitForSelector('#enroll-note:text-matches("crashed. Try once more")', { timeout: 5000 });
      await page.waitForSelector('#enroll-progress', { state: 'hidden' });
      await page.click('#enroll');
      await page.waitForFunction(() => / 9 s left/.test(document.querySelector('#enroll-note')?.textContent ?? ''));
      await page.click('#enroll:has-text("That will do")');
      await page.waitForSelector('#speaker-list li:has-text("Bob")');
    },
    { expectErrors: true },
  ));

test('deleted, for good', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await enroll(page, 'Ann');
    await enroll(page, 'Bob');
    await page.click('[aria-label="Delete Bob"]');
    await page.waitForSelector('#speaker-list li:has-text("Bob")', { state: 'detached' });
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    await openView(page, 'speakers');
    assert.deepEqual(await page.locator('#speaker-list .file').allTextContents(), ['Ann']);
    assert.deepEqual(await page.locator('#speaker option').allTextContents(), ['Somebody unknown', 'Ann']);
  }));

test('who was enrolled with the other model is not offered, and not used', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await enroll(page, 'Ann');
    await openView(page, 'settings');
    await page.check('#model-large');
    await page.waitForSelector('#model-remove:visible');
    await openView(page, 'speakers');
    assert.match(String(await page.textContent('#speaker-list')), /made with the other model/);
    await openView(page, 'listen');
    assert.equal(await page.locator('#speaker option:has-text("Ann")').isDisabled(), true);
    await judge(page, data(files[0]));
    assert.equal((await savedResult(page)).adaptation, undefined);
    assert.doesNotMatch(String(await page.textContent('#technical')), /Ann/);
    assertSame(await savedResult(page), nativeResult(data(files[0]), '--model', 'large'), 1e-4);
  }));

test('judged again while it is shown: numbers, table and history; what others said stays', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await openView(page, 'history');
    await page.check('#history-on');
    await judge(page, data(files[1])); // a stranger's
    const stranger = await savedResult(page);
    await enroll(page, 'Ann');
    await openView(page, 'listen');
    const percent = (/** @type {{probability: number}} */ { probability }) => `${Math.round(100 * probability)}%`;
    const column = () => page.locator('#timeline-table tbody tr td:nth-child(3)').allTextContents();

    const changes = (/** @type {string | null} */ from) =>
      page.waitForFunction((text) => document.querySelector('#technical')?.textContent !== text, from);

    // Another one takes its time meanwhile.
    await page.setInputFiles('#file', [data('speech/long.opus'), longFile(4)]);
    await show(page, 'long.opus');
    await page.waitForSelector('#result[data-state=done]');
    const [before, told] = [await savedResult(page), await page.textContent('#technical')];
    await page.click('#timeline-table summary');
    await page.waitForSelector('#timeline-table tbody tr');
    await page.focus('.strip');
    await page.keyboard.press('Home');
    const number = page.locator('#segment dd').first();
    assert.deepEqual(
      [await column(), await number.textContent()],
      [before.segments.map(percent), percent(before.segments[0])],
    );
    assert.equal(await page.locator('#recordings li[data-state=working]').count(), 1);

    await changes(told);
    await settled(page, 3);
    const after = await savedResult(page);
    assert.ok(after.adaptation.seconds > before.adaptation.seconds + 200);
    assert.deepEqual(
      [await column(), await number.textContent()],
      [after.segments.map(percent), percent(after.segments[0])],
    );
    assert.notDeepEqual(after.segments.map(percent), before.segments.map(percent));
    await show(page, path.basename(files[1]));
    assert.deepEqual(await savedResult(page), stranger);

    // The history has it as well; opened from there, it is judged again, too.
    await inHistory(page, after.adaptation.seconds, 2);
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    await openView(page, 'history');
    await page.click('[aria-label="Open long.opus"]');
    await page.waitForSelector('#view-listen:visible');
    assert.deepEqual(await savedResult(page), after);
    await page.selectOption('#speaker', { label: 'Ann' });
    await judge(page, data(files[2]));
    const { seconds } = (await savedResult(page)).adaptation;
    assert.ok(seconds > after.adaptation.seconds);
    await inHistory(page, seconds, 2);
    await show(page, 'long.opus');
    assert.equal((await savedResult(page)).adaptation.seconds, seconds);
  }));

test('a profile of an earlier version: said at once, kept by its name, and replaced when it is recorded again', () =>
  chromium.withPage(async (page) => {
    await chromium.openSite(page);
    await enroll(page, 'Ann');
    await enroll(page, 'Bob');
    const change = (/** @type {string} */ name) =>
      page.evaluate(
        (wanted) =>
          new Promise((resolve, reject) => {
            const opening = indexedDB.open('emovox');
            opening.onsuccess = () => {
              const store = opening.result.transaction('profiles', 'readwrite').objectStore('profiles');
              const all = store.getAll();
              all.onsuccess = () => {
                const profile = all.result.find((one) => one.name === wanted);
                profile.bytes[8] = 1; // its version
                const put = store.put(profile);
                put.onerror = reject;
                put.onsuccess = () => {
                  opening.result.close();
                  resolve(undefined);
                };
              };
            };
          }),
        name,
      );
    await change('Ann');
    await page.reload();
    await page.waitForFunction(() =>
      /profile of Ann can no longer be used/.test(document.querySelector('#status')?.textContent ?? ''),
    );
    assert.deepEqual(await page.locator('#speaker option').allTextContents(), ['Somebody unknown', 'Ann', 'Bob']);
    assert.deepEqual(
      await page.locator('#speaker option').evaluateAll((all) => all.map((one) => /** @type {any} */ (one).disabled)),
      [false, true, false],
    );
    await openView(page, 'speakers');
    const ann = page.locator('#speaker-list li:has-text("Ann")');
    assert.match(String(await ann.textContent()), /can no longer be used; record it again/);
    await ann.getByRole('button', { name: 'Record again' }).click();
    assert.equal(await page.inputValue('#speaker-name'), 'Ann');
    await page.setInputFiles('#enroll-file', ordinary);
    await page.waitForFunction(() =>
      /^Ann is known now/.test(document.querySelector('#enroll-note')?.textContent ?? ''),
    );
    assert.deepEqual(await page.locator('#speaker-list .file').allTextContents(), ['Ann', 'Bob']);
    await openView(page, 'listen');
    await judge(page, data(files[0]));
    assert.match(String(await page.textContent('#technical')), /adapted to Ann by \d+%$/);
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.equal(await page.locator('#speaker option:disabled').count(), 0);
  }));
