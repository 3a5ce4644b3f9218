// SPDX-License-Identifier: MIT
//
// The library and the microphone: Chromium's fake device plays a real recording.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserTest, microphoneOf, spokenFile } from './harness.js';

describe('recording', () => {
  const chromium = browserTest(microphoneOf(spokenFile().path));

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
