// SPDX-License-Identifier: MIT
//
// Files of every kind, good and bad, through the page.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { makeFloatWav, makeWav, readWav } from '../node/audio.js';
import { assertSame, browserTest, data, savedResult, set, shownResult, tolerance } from './harness.js';
import { nativeResult } from './native.js';

const chromium = browserTest();
const angry = data('formats/angry.wav');
const expected = nativeResult(angry);
const wav = readFileSync(angry);
const { samples, sampleRate } = readWav(angry);

describe('recordings', () => {
  const formats = readdirSync(data('formats'));
  assert.equal(formats.length, 7);
  for (const name of formats) {
    const within = tolerance(name);
    test(`${name}: probabilities within ${within} of the native build`, () =>
      chromium.withPage(async (page) => {
        await chromium.openSite(page);
        await page.setInputFiles('#file', data(`formats/${name}`));
        const { state, emotion, agreement } = await shownResult(page);
        assert.deepEqual([state, emotion, Number(agreement)], ['done', expected.emotion, expected.agreement]);
        const result = await savedResult(page);
        assert.equal(result.file, name);
        assertSame(result, expected, within); // which cannot read all of them: it heard the WAV file
      }));
  }

  for (const name of readdirSync(data('speech'))) {
    const within = tolerance(name);
    test(`${name}: segments and probabilities within ${within} of the native build`, () =>
      chromium.withPage(async (page) => {
        await chromium.openSite(page);
        // With the other prior, two emotions of one clip are nearly as probable, and a codec decides.
        await set(page, 'prior', 'even');
        await page.setInputFiles('#file', data(`speech/${name}`));
        await shownResult(page);
        assertSame(await savedResult(page), nativeResult(data(`speech/${name}`), '--prior', 'even'), within);
      }));
  }

  test('several files are analysed one after the other, and each can be looked at', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const silent = { name: 'silent.wav', mimeType: 'audio/wav', buffer: makeWav(new Float32Array(80000), 16000) };
      await page.setInputFiles('#file', [
        { name: 'one.wav', mimeType: 'audio/wav', buffer: wav },
        silent,
        { name: 'three.wav', mimeType: 'audio/wav', buffer: wav },
      ]);
      await page.waitForFunction(() => document.querySelectorAll('#recordings [data-state=done]').length === 3);
      await page.waitForSelector('#result[data-emotion=angry]');
      await page.click('#recordings button:has-text("silent.wav")');
      await page.waitForSelector('#result[data-emotion="no speech"]');
    }));

  test('the distribution and the timeline are tables too', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.setInputFiles('#file', angry);
      await shownResult(page);
      assert.equal(await page.locator('#result .distribution tbody tr').count(), 9);
      await page.click('#timeline-table summary');
      await page.waitForSelector('#timeline-table tbody tr');
      assert.equal(await page.locator('#timeline-table tbody tr').count(), expected.segments.length);
      assert.match(await page.locator('#timeline-table tbody').textContent(), /angry/);
      assert.match(await page.locator('#technical').textContent(), /times real time .* memory/);
      assert.match(await page.locator('#status').textContent(), /: Sounds angry/);
    }));
});

describe('what cannot be judged', () => {
  const flac = readFileSync(data('formats/angry.flac'));
  const m4a = readFileSync(data('formats/angry.m4a'));
  const floats = Buffer.from(makeFloatWav([...samples.subarray(0, 16000), NaN]));

  /** @type {[string, string, Uint8Array, string, RegExp][]} name, file name, bytes, code, words */
  const bad = [
    ['an empty file', 'empty.wav', Buffer.alloc(0), 'empty', /no audio/i],
    ['a WAV file without a sample', 'header.wav', makeWav(new Float32Array(0), 16000), 'empty', /empty|no audio/i],
    ['too short', 'short.wav', makeWav(samples.subarray(0, 3200), 16000), 'too-short', /too short/i],
    ['text', 'notes.wav', Buffer.from('Dear diary, '.repeat(500)), 'undecodable', /cannot be read as audio/],
    ['a cut WAV file', 'cut.wav', wav.subarray(0, wav.length / 2), 'undecodable', /cut off/],
    ['a cut FLAC file', 'cut.flac', flac.subarray(0, flac.length / 2), 'undecodable', /cut off|cannot be read/],
    ['a cut M4A file', 'cut.m4a', m4a.subarray(0, m4a.length / 2), 'undecodable', /cut off|cannot be read/],
    ['a damaged FLAC file', 'damaged.flac', damaged(flac), 'undecodable', /cannot be read/],
    [
      'a damaged MP3 file',
      'damaged.mp3',
      damaged(readFileSync(data('formats/angry.mp3')), 0),
      'undecodable',
      /cannot be read/,
    ],
    ['a rate of 4 kHz', 'slow.wav', makeWav(samples, 4000), 'sample-rate', /sample rate/i],
    ['a sample that is not a number', 'nan.wav', floats, 'not-finite', /not numbers/],
  ];
  for (const [name, file, buffer, code, words] of bad) {
    test(`${name}: ${code}`, () =>
      chromium.withPage(async (page) => {
        await chromium.openSite(page);
        await page.setInputFiles('#file', { name: file, mimeType: '', buffer: Buffer.from(buffer) });
        const { state, error, text } = await shownResult(page);
        assert.equal(state, 'failed');
        assert.equal(error, code);
        assert.match(text, words);
        // The page goes on working.
        await page.setInputFiles('#file', angry);
        await page.waitForSelector('#result[data-emotion=angry]');
      }));
  }

  test('silence: no speech', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      const buffer = makeWav(new Float32Array(sampleRate * 6), sampleRate);
      await page.setInputFiles('#file', { name: 'silent.wav', mimeType: 'audio/wav', buffer });
      const { emotion, agreement, text } = await shownResult(page);
      assert.equal(emotion, 'no speech');
      assert.equal(Number(agreement), 0);
      assert.match(text, /No speech found/);
      assert.match(text, /nobody to be heard/);
    }));

  /** @param {Uint8Array} bytes  @param {number} [from] */
  function damaged(bytes, from = 200) {
    return bytes.map((byte, i) => (i < from ? byte : (byte * 31 + i * 17) & 0xff));
  }
});

describe('what the page cannot do without', () => {
  const cases = [
    [
      'no WebAssembly SIMD',
      'no-wasm-simd',
      /SIMD/,
      (page) => page.addInitScript(() => (WebAssembly.validate = () => false)),
    ],
    [
      'emovox.wasm is missing',
      'wasm-load',
      /emovox\.wasm/,
      (page) => page.route('**/*.wasm', (route) => route.fulfill({ status: 404 })),
    ],
    [
      'a web page in place of emovox.wasm',
      'wasm-load',
      /not WebAssembly/,
      (page) => page.route('**/*.wasm', (route) => route.fulfill({ body: '<!doctype html>' })),
    ],
    [
      'the model is missing',
      'model-load',
      /model could not be loaded/,
      (page) => page.route('**/*.safetensors', (route) => route.fulfill({ status: 404 })),
    ],
    [
      'a web page in place of the model',
      'file-mismatch',
      /emovox-small\.safetensors.*SHA-256/,
      (page) => page.route('**/*.safetensors', (route) => route.fulfill({ body: '<!doctype html>' })),
    ],
    [
      'the worker is missing',
      'worker-load',
      /worker/,
      (page) => page.route('**/worker*.js', (route) => route.fulfill({ status: 404 })),
    ],
    ['no network', 'wasm-load', /could not be loaded/, (page) => page.route('**/*.wasm', (route) => route.abort())],
  ];
  for (const [name, code, words, prepare] of cases) {
    test(`${name}: ${code}`, () =>
      chromium.withPage(
        async (page) => {
          await prepare(page);
          await chromium.openSite(page);
          assert.equal(await page.getAttribute('body', 'data-error'), code);
          assert.match(await page.textContent('#status'), words);
          // Files chosen nevertheless say the same, and trying again helps once the cause is gone.
          await page.setInputFiles('#file', angry);
          assert.equal((await shownResult(page)).error, code);
          if (code === 'no-wasm-simd') return;
          await page.unrouteAll();
          await page.click('#retry');
          await page.waitForSelector('body[data-ready]');
          await page.setInputFiles('#file', angry);
          await page.waitForSelector('#result[data-emotion=angry]');
        },
        { expectErrors: true },
      ));
  }

  test('the decoder is missing: recordings work, files say decoder-load', () =>
    chromium.withPage(
      async (page) => {
        await page.route('**/decode*.js', (route) => route.fulfill({ status: 404 }));
        await chromium.openSite(page);
        await page.waitForSelector('body[data-ready]');
        await page.setInputFiles('#file', angry);
        assert.equal((await shownResult(page)).error, 'decoder-load');
        await page.unrouteAll();
        await page.reload();
        await page.setInputFiles('#file', angry);
        await page.waitForSelector('#result[data-emotion=angry]');
      },
      { expectErrors: true },
    ));
});
