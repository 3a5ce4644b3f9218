// SPDX-License-Identifier: MIT
//
// The microphone: Chromium's fake device plays a real recording; refusals are real or as browsers throw them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserTest, data, microphoneOf, spokenFile } from './harness.js';
import { nativeResult } from './native.js';

const spoken = spokenFile();

describe('recording', () => {
  const chromium = browserTest(microphoneOf(spoken.path));

  test('gives the emotion that the native build hears in the same recording', () =>
    chromium.withPage(async (page) => {
      const expected = nativeResult(spoken.path);
      await chromium.openSite(page);
      await page.click('#record');
      // Segments appear while one speaks.
      await page.waitForSelector('#result[data-state=live] .strip span[data-emotion=angry]');
      await page.waitForFunction(() => {
        const level = /** @type {HTMLElement} */ (document.querySelector('#level'));
        return Number(/[\d.]+/.exec(level.style.transform)?.[0]) > 0.3;
      });
      await page.waitForFunction(
        (seconds) => (document.querySelector('#recording-time')?.textContent ?? '') >= `0:${seconds}`,
        Math.floor(spoken.seconds),
      );
      await page.click('#stop');
      const { state, emotion } = await shownResult(page);
      assert.equal(state, 'done');
      assert.equal(emotion, expected.emotion);
      const { probabilities, duration, engine } = await savedResult(page);
      assert.ok(duration > 10, `${duration} s recorded`);
      assert.equal(engine.channels, 1);
      assert.equal(engine.sampleRate, await page.evaluate(() => new AudioContext().sampleRate));
      const difference = Math.abs(probabilities[emotion] - expected.probabilities[emotion]);
      assert.ok(difference < 0.2, `the probability of ${emotion} differs by ${difference}`);
    }));

  test('pauses, goes on, and gives the microphone back', () =>
    chromium.withPage(async (page) => {
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
      await page.waitForFunction(() => (document.querySelector('#recording-time')?.textContent ?? '') >= '0:01');
      await page.click('#pause');
      const time = () => page.textContent('#recording-time');
      await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Paused.');
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300))); // what was under way
      const paused = await time();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
      assert.equal(await time(), paused);
      await page.click('#pause');
      await page.waitForFunction((before) => document.querySelector('#recording-time')?.textContent !== before, paused);
      assert.equal(await page.evaluate(() => globalThis.track.readyState), 'live');
      await page.click('#stop');
      await shownResult(page);
      assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
      const { echoCancellation, noiseSuppression, autoGainControl } = await page.evaluate(
        () => globalThis.constraints.audio,
      );
      assert.deepEqual([echoCancellation, noiseSuppression, autoGainControl], [false, false, false]);
    }));

  test('the samples that were kept give the same result; a pause leaves none, a busy page loses none', () =>
    chromium.withPage(async (page) => {
      await chromium.openLibrary(page);
      const { live, again, peaks, heard, paused, before, after } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const blocks = [];
        const peaks = [];
        let segments = 0;
        const recording = await emovox.listen({
          hop: 1,
          threshold: 0.6,
          onSegment: () => segments++,
          onSamples: (block) => blocks.push(block),
          onPeaks: (values) => peaks.push(values),
        });
        while (segments < 1) await wait(50);
        recording.pause();
        await wait(300); // what was under way
        const first = blocks.length;
        const heard = [blocks.length, peaks.length];
        await wait(500);
        const paused = blocks.length - first;
        recording.resume();
        while (segments < 3) await wait(50);
        const until = performance.now() + 700;
        while (performance.now() < until); // busy
        const { sampleRate } = recording;
        const finished = recording.stop();
        const live = await finished;
        const before = blocks.length;
        await wait(300);
        const after = blocks.length;
        const kept = new Float32Array(await new Blob(blocks).arrayBuffer());
        const how = { sampleRate, hop: 1, threshold: 0.6 };
        const again = [];
        const result = await emovox.analyze(kept, { ...how, onPeaks: (values) => again.push(...values) });
        const same = { length: kept.length / sampleRate, result, peaks: again };
        return { live, again: same, peaks: peaks.flatMap((values) => [...values]), heard, paused, before, after };
      });
      assert.equal(live.duration, again.length);
      assert.deepEqual({ ...again.result, engine: 0 }, { ...live, engine: 0 });
      assert.ok(live.segments.length >= 3 && live.emotion !== 'no speech');
      assert.deepEqual(peaks, again.peaks);
      assert.equal(peaks.length, Math.ceil(live.duration * 100 - 1e-6));
      assert.equal(paused, 0);
      assert.equal(after, before);
      assert.ok(heard[0] > 50 && heard[1] >= heard[0] - 1, 'peaks come with every block');
    }));

  test('an unplugged microphone ends the recording with what was heard, and enrolled', () =>
    chromium.withPage(async (page) => {
      await chromium.openLibrary(page);
      const result = await page.evaluate(async () => {
        const devices = navigator.mediaDevices;
        const open = devices.getUserMedia.bind(devices);
        let track;
        devices.getUserMedia = async (constraints) => {
          const stream = await open(constraints);
          track = stream.getAudioTracks()[0];
          return stream;
        };
        const emovox = await globalThis.Emovox.create();
        const speaker = await emovox.speaker();
        let recording;
        await new Promise((resolve) => {
          emovox.listen({ speaker, enroll: true, onSegment: resolve }).then((opened) => {
            recording = opened;
          });
        });
        const peeked = await recording.peek();
        track.dispatchEvent(new Event('ended'));
        const result = await recording.finished;
        await emovox.close();
        return { ...result, peeked, state: track.readyState };
      });
      assert.ok(result.duration >= 4);
      assert.ok(result.peeked.duration >= 4);
      assert.equal(result.state, 'ended');
      assert.ok(result.adaptation.seconds >= 4 && result.adaptation.weight > 0);
    }));

  test('one recording at a time; an abort throws it away and frees the microphone', () =>
    chromium.withPage(async (page) => {
      await chromium.openLibrary(page);
      const codes = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create({ microphone: true });
        const code = (promise) => promise.then(() => 'none').catch((error) => error.code);
        const abort = new AbortController();
        const first = await emovox.listen({ signal: abort.signal });
        const second = await code(emovox.listen());
        abort.abort();
        const aborted = await code(first.finished);
        const third = await emovox.listen();
        const short = await code(third.stop());
        await emovox.close();
        return { second, aborted, short, closed: await code(emovox.listen()) };
      });
      assert.deepEqual(
        { ...codes, short: ['empty', 'too-short'].includes(codes.short) },
        {
          second: 'bad-input',
          aborted: 'aborted',
          short: true,
          closed: 'closed',
        },
      );
    }));
});

describe('no microphone', () => {
  const chromium = browserTest(['--use-fake-device-for-media-stream']);

  test('denied by the user', () =>
    chromium.withPage(async (page) => {
      const session = await chromium.browser.newBrowserCDPSession();
      await chromium.openSite(page);
      const { targetInfo } = await (await page.context().newCDPSession(page)).send('Target.getTargetInfo');
      await session.send('Browser.setPermission', {
        permission: { name: 'microphone' },
        setting: 'denied',
        browserContextId: targetInfo.browserContextId,
      });
      await page.click('#record');
      const { error, text } = await shownResult(page);
      assert.equal(error, 'microphone-denied');
      assert.match(text, /blocked.*choose a file/);
      // Everything else goes on working.
      await page.setInputFiles('#file', data('formats/angry.wav'));
      await page.waitForSelector('#result[data-emotion=angry]');
    }));

  for (const [name, code, words, state = 'prompt'] of [
    ['NotAllowedError', 'microphone-dismissed', /question.*choose a file/],
    ['NotAllowedError', 'microphone-denied', /blocked.*choose a file/, 'denied'],
    ['NotFoundError', 'microphone-absent', /No microphone.*choose a file/],
    ['OverconstrainedError', 'microphone-absent', /No microphone/],
    ['NotReadableError', 'microphone-busy', /in use by another program.*choose a file/],
    ['SecurityError', 'microphone-unsupported', /https/],
  ]) {
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
        await page.click('#record');
        const { error, text } = await shownResult(page);
        assert.equal(error, code);
        assert.match(text, words);
        assert.equal(await page.isEnabled('#record'), true);
      }));
  }

  test('a page without navigator.mediaDevices: microphone-unsupported', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
      await chromium.openSite(page);
      await page.click('#record');
      assert.equal((await shownResult(page)).error, 'microphone-unsupported');
    }));

  test('an audio context that does not start: microphone-suspended', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => {
        AudioContext.prototype.resume = () => new Promise(() => {});
        navigator.mediaDevices.getUserMedia = async () => new MediaStream();
      });
      await chromium.openSite(page);
      await page.click('#record');
      assert.equal((await shownResult(page)).error, 'microphone-suspended');
    }));
});
