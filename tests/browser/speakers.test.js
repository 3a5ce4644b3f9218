// SPDX-License-Identifier: MIT
//
// Speakers: making somebody known, and what that does to verdicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  spokenFile,
  temporary,
} from './harness.js';
import { nativeEnroll, nativeResult } from './native.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest(microphoneOf(spokenFile().path, { loop: true }));
const ordinary = longFile(0.25);
const files = ['speech/03-01-04-02-01-01-12.flac', 'formats/angry.wav', 'speech/03-01-02-01-02-01-07.flac'];

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
    for (const [i, file] of files.entries()) {
      if (i === 2) {
        // What it has learnt stays as well.
        await page.reload();
        await page.waitForSelector('body[data-ready]');
        assert.equal(await page.locator('#speaker option:checked').textContent(), 'Somebody unknown');
        await page.selectOption('#speaker', { label: 'Ann' });
      }
      const native = nativeResult(data(file), '--speaker', profile);
      await judge(page, data(file));
      const result = await savedResult(page);
      assertSame(result, native, 1e-4);
      assert.ok(result.adaptation.weight > 0);
      for (const name of /** @type {const} */ (['seconds', 'weight'])) {
        assert.ok(Math.abs(result.adaptation[name] - native.adaptation[name]) < 1e-3, name);
      }
      assert.match(String(await page.textContent('#technical')), /adapted to Ann by \d+%$/);
    }
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
