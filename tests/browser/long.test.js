// SPDX-License-Identifier: MIT
//
// An hour of audio: the memory it takes is that of five minutes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { makeWav, readWav, resample } from '../node/audio.js';
import { browserTest, data } from './harness.js';
import { workerHeap } from './heap.js';

const chromium = browserTest();

/**
 * Bytes by which the worker's heap may grow while it reads an hour; decoded, the hour is 230 MB to 1.4 GB. What is in
 * flight counts: of the largest file, 50 MB are read every second.
 */
const heapAllowance = 96e6;

const speech = readWav(data('formats/angry.wav'));

/** One clip as 48 kHz stereo, the size that files from recorders have. */
const stereo = (() => {
  const mono = resample(speech.samples, speech.sampleRate, 48000);
  return makeWav(
    Float32Array.from({ length: mono.length * 2 }, (_, i) => mono[i >> 1]),
    48000,
    2,
  );
})();
const mp3 = readFileSync(data('formats/angry.mp3'));

/**
 * Analyses a file that repeats `body` after `header`, and watches the memory.
 *
 * @param {import('playwright-core').Page} page
 * @param {() => Promise<number>} heap
 * @param {{header?: Uint8Array, body: Uint8Array, seconds: number, minutes: number}} options
 */
async function analyze(page, heap, { header = new Uint8Array(0), body, seconds, minutes }) {
  const times = Math.ceil((minutes * 60) / seconds);
  if (header.length > 0) {
    header = Buffer.from(header);
    header.writeUInt32LE(36 + times * body.length, 4);
    header.writeUInt32LE(times * body.length, 40);
  }
  const before = await heap();
  const running = page.evaluate(
    async ([head, part, count]) => {
      const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      const blob = new Blob([bytes(part)]);
      const file = new File([bytes(head), ...Array(count).fill(blob)], 'long');
      const { segments, ...result } = await globalThis.emovox.analyze(file);
      return { ...result, segments: segments.length, size: file.size };
    },
    [Buffer.from(header).toString('base64'), Buffer.from(body).toString('base64'), times],
  );
  let peak = before;
  let done = false;
  const watch = (async () => {
    while (!done) {
      peak = Math.max(peak, await heap());
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  const result = await running.finally(() => {
    done = true;
  });
  await watch;
  return { ...result, growth: peak - before };
}

for (const [name, options] of Object.entries({
  'WAV, 48 kHz stereo': {
    header: stereo.subarray(0, 44),
    body: stereo.subarray(44),
    seconds: speech.samples.length / 16000,
  },
  MP3: { body: mp3, seconds: (mp3.length * 8) / 64000 },
})) {
  describe(name, () => {
    test('60 minutes take the memory of 5', (t) =>
      chromium.withPage(async (page) => {
        await chromium.openLibrary(page);
        await page.evaluate(async () => {
          globalThis.emovox = await globalThis.Emovox.create();
        });
        const heap = await workerHeap(page);
        const five = await analyze(page, heap, { ...options, minutes: 5 });
        const sixty = await analyze(page, heap, { ...options, minutes: 60 });
        t.diagnostic(
          `${(sixty.size / 1e6).toFixed(0)} MB file, ${sixty.duration.toFixed(0)} s; WebAssembly memory ` +
            `${five.engine.wasmMemoryBytes} bytes at 5 min, ${sixty.engine.wasmMemoryBytes} at 60; ` +
            `JavaScript heap of the worker +${(five.growth / 1e6).toFixed(1)} MB and +${(sixty.growth / 1e6).toFixed(1)} MB`,
        );
        assert.ok(five.duration > 299 && five.duration < 310, `${five.duration} s`);
        assert.ok(sixty.duration > 3599 && sixty.duration < 3650, `${sixty.duration} s`);
        assert.ok(sixty.segments > 1790);
        assert.equal(sixty.emotion, 'angry');
        assert.ok(sixty.engine.wasmMemoryBytes <= 1.1 * five.engine.wasmMemoryBytes);
        assert.ok(sixty.growth < heapAllowance, `the heap grew by ${sixty.growth} bytes`);
      }));
  });
}
