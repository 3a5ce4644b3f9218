// SPDX-License-Identifier: MIT
//
// Options, streams as sources, and the identity of files, in an empty page with the strict content security policy.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readWav } from '../node/audio.js';
import { browserTest, data } from './harness.js';
import { nativeResult } from './native.js';

const chromium = browserTest(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const angry = data('formats/angry.wav');
const base64 = readFileSync(angry).toString('base64');
const { samples } = readWav(angry);
const expected = nativeResult(angry);
const lib = new URL('../../dist/lib/', import.meta.url);
const sha256 = (name) =>
  createHash('sha256')
    .update(readFileSync(new URL(name, lib)))
    .digest('hex');

/** @param {import('playwright-core').Page} page */
async function open(page) {
  await chromium.openLibrary(page);
  await page.evaluate(
    ([text, values]) => {
      globalThis.bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      globalThis.pcm = Float32Array.from(values);
      globalThis.refusal = (promise) => promise.then(() => 'none').catch((error) => [error.code, error.message]);
    },
    [base64, [...samples]],
  );
}

describe('options', () => {
  const cases = [
    ['Emovox.create({ modell: "small" })', /create\(\) has no option 'modell'.*model, baseUrl/],
    ['Emovox.create({ onProgress: true })', /'onProgress' of create\(\) must be a function/],
    ['Emovox.create({ baseUrl: 7 })', /'baseUrl' of create\(\) must be a URL/],
    ['Emovox.create({ worker: {} })', /'worker' of create\(\) must be a URL or a function/],
    ['Emovox.create(null)', /options as an object/],
    ['emovox.analyze(pcm, { samplerate: 16000 })', /analyze\(\) has no option 'samplerate'/],
    ['emovox.analyze(pcm, { sampleRate: "16000" })', /'sampleRate' of analyze\(\) must be a number/],
    ['emovox.analyze(pcm, { sampleRate: 16000, signal: {} })', /'signal' of analyze\(\) must be an AbortSignal/],
    ['emovox.analyze(pcm, 16000)', /options as an object/],
    ['emovox.stream(pcm, { onSegment() {} }).next()', /stream\(\) has no option 'onSegment'/],
    ['emovox.listen({ echoCancelation: true })', /listen\(\) has no option 'echoCancelation'/],
    ['emovox.listen({ deviceId: 1 })', /'deviceId' of listen\(\) must be a string/],
    ['speaker.enroll(pcm, { rate: 16000 })', /enroll\(\) has no option 'rate'/],
  ];
  test('that do not exist, and values of the wrong type, are refused by name', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const refusals = await page.evaluate(
        async (calls) => {
          const { Emovox, refusal } = globalThis;
          globalThis.emovox = await Emovox.create();
          globalThis.speaker = await globalThis.emovox.speaker();
          // The policy forbids eval: a table instead.
          const { emovox, speaker, pcm } = globalThis;
          const table = {
            'Emovox.create({ modell: "small" })': () => Emovox.create({ modell: 'small' }),
            'Emovox.create({ onProgress: true })': () => Emovox.create({ onProgress: true }),
            'Emovox.create({ baseUrl: 7 })': () => Emovox.create({ baseUrl: 7 }),
            'Emovox.create({ worker: {} })': () => Emovox.create({ worker: {} }),
            'Emovox.create(null)': () => Emovox.create(null),
            'emovox.analyze(pcm, { samplerate: 16000 })': () => emovox.analyze(pcm, { samplerate: 16000 }),
            'emovox.analyze(pcm, { sampleRate: "16000" })': () => emovox.analyze(pcm, { sampleRate: '16000' }),
            'emovox.analyze(pcm, { sampleRate: 16000, signal: {} })': () =>
              emovox.analyze(pcm, { sampleRate: 16000, signal: {} }),
            'emovox.analyze(pcm, 16000)': () => emovox.analyze(pcm, 16000),
            'emovox.stream(pcm, { onSegment() {} }).next()': () => emovox.stream(pcm, { onSegment() {} }).next(),
            'emovox.listen({ echoCancelation: true })': () => emovox.listen({ echoCancelation: true }),
            'emovox.listen({ deviceId: 1 })': () => emovox.listen({ deviceId: 1 }),
            'speaker.enroll(pcm, { rate: 16000 })': () => speaker.enroll(pcm, { rate: 16000 }),
          };
          return Promise.all(calls.map((call) => refusal(table[call]())));
        },
        cases.map(([call]) => call),
      );
      for (const [i, [call, words]] of cases.entries()) {
        assert.equal(refusals[i][0], 'bad-option', call);
        assert.match(refusals[i][1], words, call);
      }
    }));
});

describe('streams', () => {
  test('of bytes, of samples, and a MediaStream give the verdict of the file', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const results = await page.evaluate(async () => {
        const { Emovox, bytes, pcm } = globalThis;
        const emovox = await Emovox.create();
        const inPieces = (values, size) => {
          let at = 0;
          return new ReadableStream({
            pull(controller) {
              if (at >= values.length) return controller.close();
              controller.enqueue(values.slice(at, at + size));
              at += size;
            },
          });
        };
        const stereo = new Float32Array(2 * pcm.length);
        for (let i = 0; i < pcm.length; i++) stereo[2 * i] = stereo[2 * i + 1] = pcm[i];

        // 48 kHz and real time: what comes out of the browser's own graph.
        const context = new AudioContext({ sampleRate: 48000 });
        const buffer = context.createBuffer(1, pcm.length, 16000);
        buffer.copyToChannel(pcm, 0);
        const output = context.createMediaStreamDestination();
        const player = new AudioBufferSourceNode(context, { buffer });
        player.connect(output);
        const heard = emovox.analyze(output.stream);
        await new Promise((resolve) => setTimeout(resolve, 300));
        player.start();
        player.onended = () => {
          for (const track of output.stream.getTracks()) {
            track.stop();
            track.dispatchEvent(new Event('ended')); // a device would
          }
        };
        return {
          bytes: await emovox.analyze(inPieces(bytes, 999)),
          samples: await emovox.analyze(inPieces(pcm, 1234), { sampleRate: 16000 }),
          stereo: await emovox.analyze(inPieces(stereo, 100000), { sampleRate: 16000, channels: 2 }),
          heard: await heard,
        };
      });
      for (const name of ['bytes', 'samples', 'stereo']) {
        assert.equal(results[name].emotion, expected.emotion, name);
        for (const [label, probability] of Object.entries(expected.probabilities))
          assert.ok(Math.abs(results[name].probabilities[label] - probability) < 1e-4, `${name}: ${label}`);
      }
      assert.equal(results.heard.emotion, expected.emotion);
      assert.equal(results.bytes.schema, 'emovox.result/1');
    }));

  test('of the wrong kind, and broken ones, reject', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const codes = await page.evaluate(async () => {
        const { Emovox, refusal } = globalThis;
        const emovox = await Emovox.create();
        const of = (value) =>
          new ReadableStream({
            start(controller) {
              controller.enqueue(value);
              controller.close();
            },
          });
        const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error('line cut')) });
        const all = [
          await refusal(emovox.analyze(of(new Uint8Array(9)), { sampleRate: 16000 })),
          await refusal(emovox.analyze(of(new Float32Array(9)), { sampleRate: 16000, channels: 2 })),
          await refusal(emovox.analyze(broken(), { sampleRate: 16000 })),
          await refusal(emovox.analyze(broken())),
        ];
        await emovox.analyze(globalThis.pcm, { sampleRate: 16000 }); // nothing is stuck
        return all;
      });
      assert.deepEqual(
        codes.map(([code]) => code),
        ['bad-input', 'bad-input', 'undecodable', 'undecodable'],
      );
      assert.match(codes[2][1], /line cut/);
    }));

  test('stream() reads no further than its reader follows', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { waiting, all, count } = await page.evaluate(async () => {
        const { Emovox, pcm } = globalThis;
        const emovox = await Emovox.create();
        let read = 0;
        const minutes = new ReadableStream(
          {
            pull(controller) {
              if (read === 300) return controller.close();
              controller.enqueue(pcm.subarray(0, 16000));
              read++;
            },
          },
          { highWaterMark: 0 },
        );
        const segments = emovox.stream(minutes, { sampleRate: 16000 });
        await segments.next();
        let before = -1;
        while (before !== read) {
          before = read;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        const waiting = read;
        let count = 1;
        for await (const _ of segments) count++;
        return { waiting, all: read, count };
      });
      assert.ok(waiting < 100, `${waiting} of 300 s were read ahead`);
      assert.equal(all, 300);
      assert.equal(count, 149); // 4 s each, every 2 s
    }));
});

describe('identity', () => {
  test('versions tell the parts; another model under the name of ours is refused', () =>
    chromium.withPage(
      async (page) => {
        await open(page);
        const versions = await page.evaluate(async () => {
          const emovox = await globalThis.Emovox.create();
          await emovox.close();
          return { ...emovox.versions, version: emovox.version };
        });
        assert.equal(versions.library, versions.version);
        assert.equal(versions.wasm.sha256, sha256('emovox-relaxed.wasm'));
        assert.equal(versions.model.name, 'small');
        assert.equal(versions.model.sha256, sha256('models/emovox-small.safetensors'));

        const model = readFileSync(new URL('models/emovox-small.safetensors', lib));
        model[model.length - 1] ^= 1; // one bit of a weight
        await page.route('**/*.safetensors', (route) => route.fulfill({ body: model }));
        const [code, message] = await page.evaluate(() => globalThis.refusal(globalThis.Emovox.create()));
        assert.equal(code, 'file-mismatch');
        assert.match(message, /emovox-small\.safetensors/);
        const own = await page.evaluate(async (bytes) => {
          const emovox = await globalThis.Emovox.create({
            model: Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)),
          });
          return emovox.versions.model.sha256;
        }, model.toString('base64'));
        assert.equal(own, createHash('sha256').update(model).digest('hex')); // one's own is one's own affair
      },
      { expectErrors: true },
    ));
});

describe('listen()', () => {
  test('leaves the voice alone unless told otherwise', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const asked = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const asked = [];
        const { mediaDevices } = navigator;
        const real = mediaDevices.getUserMedia.bind(mediaDevices);
        mediaDevices.getUserMedia = (constraints) => {
          asked.push(constraints.audio);
          return real(constraints);
        };
        for (const options of [{}, { echoCancellation: true, autoGainControl: true }]) {
          const recording = await emovox.listen(options);
          await recording.stop().catch(() => {});
        }
        return asked;
      });
      assert.deepEqual(asked, [
        { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
        { echoCancellation: true, noiseSuppression: false, autoGainControl: true },
      ]);
    }));

  test('records without an AudioWorklet too', () =>
    chromium.withPage(
      async (page) => {
        await open(page);
        await page.route('**/capture-worklet*', (route) => route.abort());
        const { levels, seconds, paused } = await page.evaluate(async () => {
          const emovox = await globalThis.Emovox.create();
          const levels = [];
          const recording = await emovox.listen({ onLevel: (level) => levels.push(level) });
          const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
          await wait(1500);
          recording.pause();
          await wait(100);
          const before = levels.length;
          await wait(500);
          const paused = levels.length - before;
          recording.resume();
          await wait(500);
          const { duration } = await recording.stop();
          return { levels, seconds: duration, paused };
        });
        assert.equal(paused, 0);
        assert.ok(levels.length > 10, `${levels.length} levels`);
        assert.ok(seconds > 1.2 && seconds < 3, `${seconds} s`);
      },
      { expectErrors: true },
    ));
});
