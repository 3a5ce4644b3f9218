// SPDX-License-Identifier: MIT
//
// The same samples give the same answer everywhere: natively, in Node and in Chromium, which has another module where
// it knows relaxed SIMD. Labels, votes and times are the same bytes; probabilities agree to 1e-4. A second time, all of
// it is the same bytes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toJson } from '../../web/cli/format.js';
import { makeWav, readWav, resample } from '../node/audio.js';
import { assertClose } from '../node/close.js';
import { browserTest, data } from './harness.js';

const chromium = browserTest();
const native = fileURLToPath(new URL('../../build/native/emovox', import.meta.url));
const node = fileURLToPath(new URL('../../dist/lib/cli.js', import.meta.url));
const angry = readWav(data('formats/angry.wav'));

/** What an analysis can be asked for, as options of the command line and of the library. */
const ways = {
  'as it is': [[], {}],
  'another hop and threshold': [['--hop', '0.33', '--threshold', '0.6'], { hop: 0.33, threshold: 0.6 }],
  'the large model': [['--model', 'large'], { model: 'large' }],
};

/** @type {string} */ let folder;
/** @type {string[]} */ const files = [];

async function writeInputs() {
  folder = mkdtempSync(join(tmpdir(), 'emovox-same-'));
  const put = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    files.push(path);
  };
  for (const rate of [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]) {
    put(`${rate}.wav`, makeWav(resample(angry.samples, angry.sampleRate, rate), rate));
  }
  const stereo = Float32Array.from({ length: 2 * angry.samples.length }, (_, i) => angry.samples[i >> 1] * (i % 2));
  put('stereo.wav', makeWav(stereo, angry.sampleRate, 2));
  for (const name of readdirSync(data('speech'))) {
    if (name.endsWith('.flac')) files.push(data(`speech/${name}`));
  }
  // What is compressed with loss is decoded once: decoders differ, and are not ours.
  await chromium.withPage(async (page) => {
    await page.goto(`${chromium.url}site/`);
    for (const name of ['speech/long.opus', 'speech/IC0_sadness_3.opus', 'formats/angry.mp3', 'formats/angry.m4a']) {
      const base64 = await page.evaluate(
        async (text) => {
          const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
          const audio = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes.buffer);
          const pcm = new Uint8Array(Int16Array.from(audio.getChannelData(0), (sample) => sample * 32767).buffer);
          let out = '';
          for (const byte of pcm) out += String.fromCharCode(byte);
          return btoa(out);
        },
        readFileSync(data(name)).toString('base64'),
      );
      const pcm = new Int16Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
      const samples = Float32Array.from(pcm, (value) => value / 32768);
      put(`${name.replace(/\W/g, '-')}.wav`, makeWav(samples, 48000));
    }
  });
}

/** @param {string[]} command @returns {any[]} */
const results = ([program, ...args]) =>
  execFileSync(program, [...args, ...files], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** @param {{model?: string, hop?: number, threshold?: number}} options */
async function inChromium({ model, ...options }) {
  /** @type {any[]} */
  const all = [];
  await chromium.withPage(async (page) => {
    await chromium.openLibrary(page);
    await page.evaluate(async (name) => {
      globalThis.emovox = await globalThis.Emovox.create(name && { model: name });
    }, model);
    for (const path of files) {
      const result = await page.evaluate(
        ([base64, how]) =>
          globalThis.emovox.analyze(
            Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
            how,
          ),
        /** @type {const} */ ([readFileSync(path).toString('base64'), options]),
      );
      all.push(JSON.parse(toJson(result)));
    }
  });
  return all;
}

/** Labels, votes and times. @param {any} result */
const skeleton = ({ duration, emotion, agreement, votes, segments }) =>
  JSON.stringify({
    ...{ duration, emotion, agreement, votes },
    segments: segments.map(({ start, end, label }) => ({ start, end, label })),
  });

/** Everything that is a number between 0 and 1. @param {any} result */
const numbers = ({ probability, probabilities, intensity, speech_ratio, segments }) => ({
  ...{ probability, probabilities, intensity, speech_ratio },
  segments: segments.map((/** @type {any} */ s) => [s.probability, s.speech_ratio, s.intensity, s.probabilities]),
});

/** All that does not depend on the time it took. @param {any} result */
const steady = ({ engine, ...rest }) => JSON.stringify(rest);

describe('the same samples', () => {
  before(writeInputs);
  after(() => rmSync(folder, { recursive: true }));

  for (const [way, [args, options]] of Object.entries(ways)) {
    describe(way, () => {
      const run = {
        native: async () => results([native, 'analyze', '--json', ...args]),
        Node: async () => results([process.execPath, node, '--json', ...args]),
        Chromium: () => inChromium(options),
      };
      /** @type {any[]} */ let expected;
      before(async () => {
        expected = await run.native();
      });

      for (const [where, all] of Object.entries(run)) {
        test(`${where}: the same as natively, and as the first time`, async () => {
          const [first, second] = [await all(), await all()];
          assert.equal(first.length, files.length);
          for (const [i, result] of first.entries()) {
            assert.equal(steady(second[i]), steady(result), files[i]);
            assert.equal(skeleton(result), skeleton(expected[i]), files[i]);
            assertClose(numbers(result), numbers(expected[i]), 1e-4, files[i]);
          }
        });
      }
    });
  }
});
