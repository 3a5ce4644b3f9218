// SPDX-License-Identifier: MIT
//
// Recording in the page: Chromium's fake device plays a real recording; refusals are real or as browsers throw them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  assertSame,
  browserTest,
  crashEngine,
  data,
  microphoneOf,
  recorded,
  saved,
  savedResult,
  shownResult,
  spokenFile,
  vanishEngine,
} from './harness.js';
import { nativeResult } from './native.js';

/** @typedef {import('playwright-core').Page} Page */

const spoken = spokenFile();

describe('recording', () => {
  const chromium = browserTest(microphoneOf(spoken.path));

  /**
   * Opens the page, which leaves what it asked the microphone for as globalThis.constraints and .track, and records.
   * @param {Page} page
   */
  async function record(page) {
    await page.addInitScript(() => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        Object.assign(globalThis, { constraints, track: stream.getAudioTracks()[0] });
        return stream;
      };
    });
    await chromium.openSite(page);
    await page.click('#record');
    await page.waitForSelector('#result[data-state=live]');
  }

  /** Pixels of the waveform that are painted. @param {Page} page */
  const painted = (page) =>
    page.$eval('.wave-surface > div', (host) => {
      let count = 0;
      for (const canvas of host.shadowRoot?.querySelectorAll('.canvases canvas') ?? []) {
        const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
        const pixels = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d')?.getImageData(0, 0, width, height);
        for (let i = 3; pixels && i < pixels.data.length; i += 4) if (pixels.data[i] > 0) count++;
      }
      return count;
    });

  /** How loud the page shows it, 0..1. @param {Page} page */
  const level = (page) =>
    page.$eval('#level', (node) => Number(/[\d.]+/.exec(/** @type {HTMLElement} */ (node).style.transform)?.[0]));

  /**
   * Whether the sound that the page kept, has the verdict that the page shows.
   * @param {Page} page
   */
  async function assertKept(page) {
    const result = await savedResult(page);
    const sound = await saved(page, '[data-save=audio]');
    assert.match(sound.name, /^Recording at .*\.wav$/);
    assertSame(result, nativeResult(sound.path), 1e-4);
    assert.equal(result.engine.sampleRate, sound.bytes.readUInt32LE(24));
    assert.ok(Math.abs(result.duration - (sound.bytes.length - 58) / 4 / result.engine.sampleRate) < 1e-6);
    return result;
  }

  test('one sees it grow; the verdict is the native build’s on what was played, and on what was kept', () =>
    chromium.withPage(async (page) => {
      const expected = nativeResult(spoken.path);
      await record(page);
      await recorded(page, 2);
      const before = await painted(page);
      await page.waitForFunction(
        () =>
          Number(/[\d.]+/.exec(/** @type {HTMLElement} */ (document.querySelector('#level')).style.transform)?.[0]) >
          0.3,
      );
      // Segments and a verdict while one speaks.
      await page.waitForFunction(() =>
        /^A?So far: angry$/.test(document.querySelector('#result .verdict')?.textContent ?? ''),
      );
      assert.match(String(await page.textContent('#status')), /At the moment: /);
      await page.waitForSelector('#recordings [data-state=live]');
      await recorded(page, 8);
      assert.ok(Number(await page.getAttribute('.strip', 'aria-valuemax')) >= 2);
      assert.ok((await painted(page)) > 2 * before, 'the waveform grows');
      await recorded(page, Math.floor(spoken.seconds));
      await page.click('#stop');
      const { state, emotion } = await shownResult(page);
      assert.deepEqual([state, emotion], ['done', expected.emotion]);
      assert.match(String(await page.textContent('#status')), /^Recording at .*: Sounds angry, agreement \d+%\.$/);
      const { probabilities, duration, engine } = await assertKept(page);
      assert.ok(duration > 10, `${duration} s recorded`);
      assert.equal(engine.channels, 1);
      assert.equal(engine.sampleRate, await page.evaluate(() => new AudioContext().sampleRate));
      const difference = Math.abs(probabilities[emotion] - expected.probabilities[emotion]);
      assert.ok(difference < 0.2, `the probability of ${emotion} differs by ${difference}`);
      // It can be played.
      await page.click('#play');
      await page.waitForFunction(() => document.querySelector('.time')?.textContent?.startsWith('0:01 /'));
    }));

  test('pauses, goes on, and gives the microphone back', () =>
    chromium.withPage(async (page) => {
      await record(page);
      await recorded(page, 1);
      await page.click('#pause');
      await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Paused');
      assert.equal(await page.textContent('#recording-state'), 'Paused');
      assert.equal(await page.textContent('#pause'), 'Go on');
      const time = () => page.textContent('#recording-time');
      await page.waitForTimeout(300); // what was under way
      const paused = await time();
      await page.waitForTimeout(1500);
      assert.equal(await time(), paused);
      assert.equal(await level(page), 0);
      await page.click('#pause');
      assert.equal(await page.textContent('#pause'), 'Pause');
      await page.waitForFunction((before) => document.querySelector('#recording-time')?.textContent !== before, paused);
      assert.equal(await page.evaluate(() => globalThis.track.readyState), 'live');
      await recorded(page, 4);
      await page.click('#stop');
      await shownResult(page);
      assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
      assert.equal(await page.isVisible('#record'), true);
      await assertKept(page);
      const { echoCancellation, noiseSuppression, autoGainControl } = await page.evaluate(
        () => globalThis.constraints.audio,
      );
      assert.deepEqual([echoCancellation, noiseSuppression, autoGainControl], [false, false, false]);
    }));

  test('what is thrown away leaves nothing', () =>
    chromium.withPage(async (page) => {
      await record(page);
      await recorded(page, 1);
      await page.click('#discard');
      await page.waitForSelector('#result[data-state=empty]');
      await page.waitForSelector('#record:visible');
      assert.equal(await page.locator('#recordings li').count(), 0);
      assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
    }));

  test('from the microphone that was chosen, with the processing that was chosen', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.click('nav [data-view=settings]');
      await page.click('#advanced summary');
      for (const id of ['echo', 'noise', 'gain']) await page.check(`#${id}`);
      await record(page);
      await page.click('#discard');
      await page.waitForSelector('#device-label:visible'); // once it is allowed, they have names
      const [, , other] = await page
        .locator('#device option')
        .evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
      await page.selectOption('#device', other);
      await page.click('#record');
      await page.waitForSelector('#stop:visible');
      assert.equal(await page.evaluate(() => globalThis.track.getSettings().deviceId), other);
      const { echoCancellation, noiseSuppression, autoGainControl } = await page.evaluate(
        () => globalThis.constraints.audio,
      );
      assert.deepEqual([echoCancellation, noiseSuppression, autoGainControl], [true, true, true]);
      await page.click('#discard');
      await page.waitForSelector('#record:visible');
    }));

  for (const [how, end] of /** @type {const} */ ([
    ['crashes', crashEngine],
    ['vanishes', vanishEngine],
  ])) {
    test(`the engine ${how}: it is heard on to the end, and judged by a new one`, () =>
      chromium.withPage(
        async (page) => {
          await record(page);
          await recorded(page, 2);
          await end(page);
          await page.waitForSelector('#status:visible:has-text("crashed. Recording goes on")');
          await recorded(page, 7);
          await page.click('#stop');
          await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
          const { duration } = await assertKept(page);
          assert.ok(duration > 6.5, `${duration} s recorded`);
          assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
          await page.click('#record'); // with the new engine
          await page.waitForSelector('#result[data-state=live]');
          await page.click('#discard');
          await page.waitForSelector('#record:visible');
        },
        { expectErrors: true },
      ));
  }

  test('the engine crashes and cannot be had again: the sound is there, and can be analysed later', () =>
    chromium.withPage(
      async (page) => {
        await record(page);
        await recorded(page, 2);
        await crashEngine(page);
        await page.route('**/worker*.js', (route) => route.abort());
        await recorded(page, 6);
        await page.click('#stop');
        const { error, text } = await shownResult(page);
        assert.equal(error, 'worker-load');
        assert.match(text, /worker could not be started/);
        const sound = await saved(page, '#result [data-save=audio]');
        assert.equal(nativeResult(sound.path).emotion, 'angry');
        assert.equal(await page.isEnabled('#play'), true);
        await page.unrouteAll();
        await page.click('#again');
        await page.waitForSelector('#result[data-state=done][data-emotion=angry]');
        const { duration } = await assertKept(page);
        assert.ok(duration > 5.5, `${duration} s recorded`);
      },
      { expectErrors: true },
    ));

  test('an engine that has crashed before it is asked for anything is made anew', () =>
    chromium.withPage(
      async (page) => {
        await chromium.openSite(page);
        const [worker] = page.workers();
        await Promise.all([worker.waitForEvent('close'), vanishEngine(page)]);
        await page.waitForFunction(async () => (await navigator.locks.query()).held?.length === 0);
        await page.click('#record');
        await page.waitForSelector('#result[data-state=live]');
        await page.click('#discard');
        await page.waitForSelector('#record:visible');
      },
      { expectErrors: true },
    ));
});

describe('no microphone', () => {
  const chromium = browserTest(['--use-fake-device-for-media-stream']);

  /**
   * Records, and sees what went wrong and the ways on.
   *
   * @param {Page} page
   * @param {string} code
   * @param {RegExp} words
   */
  async function assertHelp(page, code, words) {
    await page.click('#record');
    await page.waitForSelector(`#microphone-help[data-code=${code}]:visible`);
    const text = String(await page.textContent('#microphone-help'));
    assert.match(text, words);
    assert.ok(text.includes(String(await page.textContent('#status'))), 'it is announced');
    assert.equal(await page.isEnabled('#record'), true);
    assert.equal(await page.getAttribute('#result', 'data-state'), 'empty');
    const chooser = page.waitForEvent('filechooser');
    await page.click('#microphone-help button:has-text("Open a file instead")');
    await (await chooser).setFiles(data('formats/angry.wav'));
    await page.waitForSelector('#result[data-emotion=angry]');
  }

  test('denied by the user, who then allows it', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const permit = await chromium.microphonePermission(page);
      await permit('denied');
      await assertHelp(page, 'microphone-denied', /blocked.*allow the microphone/);
      await permit('granted');
      await page.click('#microphone-help button:has-text("Try again")');
      await page.waitForSelector('#stop:visible');
      assert.equal(await page.isVisible('#microphone-help'), false);
      await page.click('#discard');
      await page.waitForSelector('#record:visible');
    }));

  for (const [name, code, words, state = 'prompt'] of /** @type {[string, string, RegExp, string?][]} */ ([
    ['NotAllowedError', 'microphone-dismissed', /question.*answer the question with “Allow”/],
    ['NotAllowedError', 'microphone-denied', /blocked.*allow the microphone/, 'denied'],
    ['NotFoundError', 'microphone-absent', /No microphone.*Connect a microphone/],
    ['OverconstrainedError', 'microphone-absent', /No microphone/],
    ['NotReadableError', 'microphone-busy', /Another program holds.*Close the call or program/],
    ['SecurityError', 'microphone-unsupported', /https/],
  ])) {
    test(`${name} with permission '${state}': ${code}`, () =>
      chromium.withPage(async (page) => {
        await page.addInitScript(
          ([error, permission]) => {
            navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
            navigator.permissions.query = () => Promise.resolve({ state: permission });
          },
          [name, state],
        );
        await chromium.openSite(page);
        await assertHelp(page, code, words);
      }));
  }

  test('a page without navigator.mediaDevices: microphone-unsupported', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
      await chromium.openSite(page);
      await assertHelp(page, 'microphone-unsupported', /https/);
    }));

  test('an audio context that does not start: microphone-suspended', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => {
        AudioContext.prototype.resume = () => new Promise(() => {});
        navigator.mediaDevices.getUserMedia = async () => new MediaStream();
      });
      await chromium.openSite(page);
      await assertHelp(page, 'microphone-suspended', /asleep.*Press Record again/);
    }));
});
