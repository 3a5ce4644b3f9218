// SPDX-License-Identifier: MIT
//
// Options, streams as sources, and the identity of files, in an empty page with the strict content security policy.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { sealed } from '../fuzz/seeds.mjs';
import { readWav } from '../node/audio.js';
import { assertClose } from '../node/close.js';
import { nativeFeatures, nativeResults } from '../node/native.js';
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
    ['emovox.analyze(pcm, { hop: 0.2 })', /'hop' of analyze\(\) must be a number of seconds from 0\.25 to 4/],
    ['emovox.analyze(pcm, { hop: NaN })', /'hop' of analyze\(\)/],
    ['emovox.stream(pcm, { hop: 4.1 }).next()', /'hop' of stream\(\)/],
    ['emovox.analyze(pcm, { threshold: 1.1 })', /'threshold' of analyze\(\) must be a number from 0 to 1/],
    ['emovox.listen({ threshold: -1 })', /'threshold' of listen\(\)/],
    ['emovox.analyze(pcm, { prior: "odd" })', /'prior' of analyze\(\) must be 'everyday', 'even', or weights/],
    ['emovox.listen({ prior: { joyful: 1 } })', /'prior' of listen\(\).*'joyful' is none of them/],
    ['emovox.stream(pcm, { labels: ["sad"] }).next()', /'labels' of stream\(\) must be a list of two or more/],
    ['emovox.analyze(pcm, { evidence: "yes" })', /'evidence' of analyze\(\) must be true or false/],
    ['emovox.stream(pcm, { onRevised() {} }).next()', /stream\(\) has no option 'onRevised'/],
    ['emovox.judge({}, { hop: 1 })', /judge\(\) has no option 'hop'.*prior, labels, threshold, speaker/],
    ['emovox.judge({}, { labels: ["sad", "joyful"] })', /'labels' of judge\(\).*'joyful' is none of them/],
    ['emovox.listen({ onSamples: [] })', /'onSamples' of listen\(\) must be a function/],
    ['emovox.analyze(pcm, { onSamples() {} })', /analyze\(\) has no option 'onSamples'/],
    ['emovox.logMel(pcm, { start: -1 })', /'start' of logMel\(\) must be a number of seconds, 0 or more/],
    ['emovox.logMel(pcm, { start: 2, end: 1 })', /'end' of logMel\(\) must be a number above its 'start'/],
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
            'emovox.analyze(pcm, { hop: 0.2 })': () => emovox.analyze(pcm, { hop: 0.2 }),
            'emovox.analyze(pcm, { hop: NaN })': () => emovox.analyze(pcm, { hop: Number.NaN }),
            'emovox.stream(pcm, { hop: 4.1 }).next()': () => emovox.stream(pcm, { hop: 4.1 }).next(),
            'emovox.analyze(pcm, { threshold: 1.1 })': () => emovox.analyze(pcm, { threshold: 1.1 }),
            'emovox.listen({ threshold: -1 })': () => emovox.listen({ threshold: -1 }),
            'emovox.analyze(pcm, { prior: "odd" })': () => emovox.analyze(pcm, { prior: 'odd' }),
            'emovox.listen({ prior: { joyful: 1 } })': () => emovox.listen({ prior: { joyful: 1 } }),
            'emovox.stream(pcm, { labels: ["sad"] }).next()': () => emovox.stream(pcm, { labels: ['sad'] }).next(),
            'emovox.analyze(pcm, { evidence: "yes" })': () => emovox.analyze(pcm, { evidence: 'yes' }),
            'emovox.stream(pcm, { onRevised() {} }).next()': () => emovox.stream(pcm, { onRevised() {} }).next(),
            'emovox.judge({}, { hop: 1 })': () => emovox.judge({}, { hop: 1 }),
            'emovox.judge({}, { labels: ["sad", "joyful"] })': () => emovox.judge({}, { labels: ['sad', 'joyful'] }),
            'emovox.listen({ onSamples: [] })': () => emovox.listen({ onSamples: [] }),
            'emovox.analyze(pcm, { onSamples() {} })': () => emovox.analyze(pcm, { onSamples() {} }),
            'emovox.logMel(pcm, { start: -1 })': () => emovox.logMel(pcm, { start: -1 }),
            'emovox.logMel(pcm, { start: 2, end: 1 })': () => emovox.logMel(pcm, { start: 2, end: 1 }),
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

describe('hop and threshold', () => {
  test('as the native build has them', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const cases = [
        { hop: 0.25, threshold: 0 },
        { hop: 0.5, threshold: 0.95 },
        { hop: 4, threshold: 1 },
      ];
      const results = await page.evaluate(async (cases) => {
        const emovox = await globalThis.Emovox.create();
        const results = [];
        for (const how of cases) {
          const result = await emovox.analyze(globalThis.bytes, how);
          const iterator = emovox.stream(globalThis.bytes, how);
          let step = await iterator.next();
          const streamed = [];
          for (; !step.done; step = await iterator.next()) streamed.push(step.value);
          results.push({ result, streamed });
        }
        const { hopSeconds: hop, threshold } = emovox.model;
        const same = await emovox.analyze(globalThis.bytes, { hop, threshold });
        return { results, same, usual: await emovox.analyze(globalThis.bytes), threshold };
      }, cases);
      for (const [i, { hop, threshold }] of cases.entries()) {
        const [native] = nativeResults([angry], ['--hop', String(hop), '--threshold', String(threshold)]);
        const { result, streamed } = results.results[i];
        assertClose(result.votes, native.votes, 0);
        assertClose(result.probabilities, native.probabilities, 1e-4);
        assert.deepEqual(streamed, result.segments);
        assert.equal(result.segments.length, native.segments.length);
      }
      assert.equal(results.threshold, 0.25);
      assert.deepEqual({ ...results.same, engine: 0 }, { ...results.usual, engine: 0 });
    }));
});

describe('judge()', () => {
  const lights = [
    {},
    { prior: 'even' },
    { prior: { neutral: 2, sad: 0.5 }, threshold: 0.9 },
    { labels: ['neutral', 'happy', 'sad', 'angry'] },
  ];
  const long = readFileSync(data('speech/long.opus')).toString('base64');

  for (const name of ['emovox.js', 'inline.js']) {
    test(`says what analyze() says with the same options, ${name}`, () =>
      chromium.withPage(async (page) => {
        await open(page);
        const { pairs, kept, hour, milliseconds, codes } = await page.evaluate(
          async ([url, text, lights]) => {
            const { Emovox } = await import(url);
            const emovox = await Emovox.create();
            const file = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            const heard = await emovox.analyze(file, { evidence: true });
            const before = JSON.stringify(heard);
            const pairs = [];
            for (const how of lights) {
              pairs.push([await emovox.judge(heard, how), await emovox.analyze(file, { ...how, evidence: true })]);
            }
            const kept = before === JSON.stringify(heard);
            const segments = Array.from({ length: 1799 }, (_, i) => ({
              ...heard.segments[i % heard.segments.length],
              start: 2 * i,
              end: 2 * i + 4,
            }));
            const speaker = await emovox.speaker();
            await speaker.hear({ ...heard, duration: 3600, segments });
            let milliseconds = Infinity;
            let hour;
            for (let i = 0; i < 10; i++) {
              const started = performance.now();
              hour = await emovox.judge({ ...heard, duration: 3600, segments }, { speaker, prior: 'even' });
              milliseconds = Math.min(milliseconds, performance.now() - started);
            }
            const code = (promise) => promise.then(() => 'none').catch((error) => error.code);
            const codes = [
              await code(emovox.judge(await emovox.analyze(globalThis.bytes))),
              await code(emovox.judge({ ...heard, evidence: { model: '0123456789abcdef' } })),
              await code(emovox.judge(heard, { speaker: {} })),
              await code(speaker.hear({ ...heard, evidence: undefined })),
              await code(speaker.close().then(() => emovox.judge(heard, { speaker }))),
            ];
            await emovox.close();
            codes.push(await code(emovox.judge(heard)));
            return { pairs, kept, hour: hour.segments.length, milliseconds, codes };
          },
          /** @type {const} */ ([`/lib/${name}`, long, lights]),
        );
        for (const [judged, analysed] of pairs) {
          assertClose({ ...judged, engine: 0 }, { ...analysed, engine: 0 }, 1e-6);
        }
        assert.ok(kept, 'what is judged stays as it is');
        assert.notDeepEqual(pairs[0][0].probabilities, pairs[1][0].probabilities);
        assert.equal(hour, 1799);
        assert.ok(milliseconds < 20, `${milliseconds} ms`);
        const refused = ['evidence-missing', 'evidence-model', 'bad-input', 'evidence-missing', 'closed', 'closed'];
        assert.deepEqual(codes, refused);
      }));
  }

  test('a recording is judged once more when it ends, by what all of it told of the speaker', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { live, revised, result, judged, never, heard, adaptation } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const context = new AudioContext();
        const source = context.createBufferSource();
        source.buffer = await context.decodeAudioData(globalThis.bytes.slice().buffer);
        source.loop = true;
        const destination = context.createMediaStreamDestination();
        source.connect(destination);
        source.start();
        const speaker = await emovox.speaker();
        const [live, revised, never, blocks] = [[], [], [], []];
        const recording = await emovox.listen({
          stream: destination.stream,
          speaker,
          evidence: true,
          hop: 1,
          onSegment: (segment) => live.push(segment),
          onRevised: (segments) => revised.push(segments),
          onSamples: (block) => blocks.push(block),
        });
        while (live.length < 4) await new Promise((resolve) => setTimeout(resolve, 100));
        const result = await recording.stop();
        const { sampleRate } = recording;
        const samples = new Float32Array(await new Blob(blocks).arrayBuffer());
        const how = { sampleRate, hop: 1, evidence: true, onRevised: (segments) => never.push(segments) };
        const stranger = await emovox.analyze(samples, how);
        const judged = await emovox.judge(stranger, { speaker });
        const other = await emovox.speaker();
        const adaptation = await other.hear(stranger);
        const heard = await emovox.judge(stranger, { speaker: other });
        await context.close();
        await emovox.close();
        return { live, revised, result, judged, never, heard, adaptation };
      });
      assert.equal(revised.length, 1);
      assert.deepEqual(revised[0], result.segments);
      assert.equal(live.length, result.segments.length);
      assert.notDeepEqual(live[1].probabilities, result.segments[1].probabilities);
      assert.deepEqual(never, [], 'a stranger is not known better at the end');
      assertClose({ ...judged, engine: 0 }, { ...result, engine: 0 }, 1e-6);
      assertClose({ ...heard, engine: 0 }, { ...result, engine: 0 }, 1e-4);
      assertClose(adaptation, result.adaptation, 1e-6);
    }));
});

describe('peaks', () => {
  /** By the definition. */
  const peaks = Array.from({ length: Math.ceil(samples.length / 160) }, (_, i) =>
    samples.subarray(160 * i, 160 * (i + 1)).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  );

  test('of a file, PCM, an AudioBuffer and streams: the whole recording', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const all = await page.evaluate(async () => {
        const { Emovox, bytes, pcm } = globalThis;
        const emovox = await Emovox.create();
        const buffer = new AudioBuffer({ length: pcm.length, sampleRate: 16000, numberOfChannels: 2 });
        // A half that only the mean of both channels is free of.
        for (const [channel, half] of [0.5, -0.5].entries()) {
          buffer.copyToChannel(
            pcm.map((value) => value + half),
            channel,
          );
        }
        const stream = new ReadableStream({
          start(controller) {
            for (let at = 0; at < pcm.length; at += 999) controller.enqueue(pcm.slice(at, at + 999));
            controller.close();
          },
        });
        const peaks = {};
        for (const [name, source] of Object.entries({ bytes, pcm, buffer, stream })) {
          const calls = [];
          const options = name === 'bytes' ? {} : { sampleRate: 16000 };
          await emovox.analyze(source, { ...options, onPeaks: (values) => calls.push(values) });
          if (!calls.every((values) => values instanceof Float32Array)) throw new Error('other than Float32Array');
          peaks[name] = calls.flatMap((values) => [...values]);
        }
        const calls = [];
        for await (const _ of emovox.stream(bytes, { onPeaks: (values) => calls.push(...values) }));
        return { ...peaks, streamed: calls };
      });
      for (const [name, actual] of Object.entries(all)) assertClose(actual, peaks, 1e-6, name);
    }));

  test('come by some ten seconds, and also where the page decodes', () =>
    chromium.withPage(async (page) => {
      await page.route('**/worker.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `delete globalThis.AudioDecoder;${await response.text()}` });
      });
      await open(page);
      const mp3 = readFileSync(data('formats/angry.mp3')).toString('base64');
      const { lengths, decoded, duration } = await page.evaluate(async (text) => {
        const { Emovox, pcm } = globalThis;
        const emovox = await Emovox.create();
        const minute = new Float32Array(60.005 * 16000);
        for (let at = 0; at + pcm.length < minute.length; at += pcm.length) minute.set(pcm, at);
        const lengths = [];
        await emovox.analyze(minute, { sampleRate: 16000, onPeaks: ({ length }) => lengths.push(length) });
        const decoded = [];
        const file = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
        const { duration } = await emovox.analyze(file, { onPeaks: (values) => decoded.push(...values) });
        return { lengths, decoded, duration };
      }, mp3);
      assert.equal(
        lengths.reduce((sum, length) => sum + length, 0),
        6001,
      );
      assert.ok(lengths.length <= 6, `${lengths}`);
      assert.equal(decoded.length, Math.ceil(duration * 100 - 1e-6));
      assert.ok(Math.max(...decoded) > 0.5 * Math.max(...peaks));
    }));
});

describe('logMel()', () => {
  const stretch = { start: 1, end: 2.5 };

  test('of a whole file as the native build; of a stretch, the same from every source', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { whole, parts } = await page.evaluate(async (stretch) => {
        const { Emovox, bytes, pcm } = globalThis;
        const emovox = await Emovox.create();
        const plain = ({ values, ...rest }) => ({ ...rest, values: [...values] });
        const buffer = new AudioBuffer({ length: pcm.length, sampleRate: 16000, numberOfChannels: 1 });
        buffer.copyToChannel(pcm, 0);
        const stream = new ReadableStream({
          start(controller) {
            for (let at = 0; at < pcm.length; at += 999) controller.enqueue(pcm.slice(at, at + 999));
            controller.close();
          },
        });
        const cut = pcm.slice(16000, 40000);
        const parts = { alone: plain(await emovox.logMel(cut, { sampleRate: 16000 })) };
        for (const [name, source] of Object.entries({ pcm, buffer, stream })) {
          parts[name] = plain(await emovox.logMel(source, { sampleRate: 16000, ...stretch }));
        }
        parts.file = plain(await emovox.logMel(new Blob([bytes]), stretch));
        return { whole: plain(await emovox.logMel(bytes)), parts };
      }, stretch);
      const [{ frames, values }] = nativeFeatures([angry]);
      assertClose(whole, { bands: 80, frames, hopSeconds: 0.01, start: 0, values: [...values] }, 1e-4);
      const { alone, ...others } = parts;
      assert.equal(alone.frames, 151);
      for (const [name, part] of Object.entries(others)) assertClose(part, { ...alone, start: 1 }, 1e-4, name);
    }));

  test('of a stretch of every format', () =>
    chromium.withPage(async (page) => {
      await open(page);
      for (const name of ['angry.flac', 'angry.mp3', 'angry.vorbis.ogg', 'angry.opus.ogg', 'angry.m4a', 'angry.webm']) {
        const text = readFileSync(data(`formats/${name}`)).toString('base64');
        const differences = await page.evaluate(
          async ([text, stretch]) => {
            const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            globalThis.emovox ??= await globalThis.Emovox.create();
            const whole = await globalThis.emovox.logMel(bytes);
            const part = await globalThis.emovox.logMel(bytes, stretch);
            return [-1, 0, 1].map((shift) => {
              let sum = 0;
              for (let i = 80 * 5; i < 80 * 140; i++)
                sum += Math.abs(part.values[i] - whole.values[80 * (100 + shift) + i]);
              return sum / (80 * 135);
            });
          },
          [text, stretch],
        );
        const [before, here, after] = differences;
        // WebM tells the time in whole milliseconds.
        assert.ok(
          here < (name.endsWith('.webm') ? 0.1 : 0.03) && here < before && here < after,
          `${name}: ${differences}`,
        );
      }
    }));

  test('waits for no analysis; what is wrong is said by its code', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { frames, codes } = await page.evaluate(async () => {
        const { Emovox, bytes, pcm, refusal } = globalThis;
        const emovox = await Emovox.create();
        const stop = new AbortController();
        const endless = new ReadableStream({ pull: (controller) => controller.enqueue(pcm) });
        const analysis = refusal(emovox.analyze(endless, { sampleRate: 16000, signal: stop.signal }));
        const { frames } = await emovox.logMel(bytes);
        stop.abort();
        const during = new AbortController();
        const long = new ReadableStream({ pull: (controller) => controller.enqueue(pcm) });
        const stopped = refusal(emovox.logMel(long, { sampleRate: 16000, signal: during.signal }));
        await new Promise((resolve) => setTimeout(resolve, 100));
        during.abort();
        const refusals = [
          await analysis,
          await stopped,
          await refusal(emovox.logMel(bytes, { signal: AbortSignal.abort() })),
          await refusal(emovox.logMel(bytes, { start: 9 })),
          await refusal(emovox.logMel(pcm, { sampleRate: 16000, start: 9 })),
          await refusal(emovox.logMel(pcm)),
          await refusal(emovox.logMel(new MediaStream())),
          await refusal(emovox.logMel(new Blob(['no audio at all, but a line of text']), { start: 1 })),
        ];
        const { frames: again } = await emovox.logMel(bytes);
        await emovox.close();
        refusals.push(await refusal(emovox.logMel(bytes)));
        return { frames: [frames, again], codes: refusals.map(([code]) => code) };
      });
      assert.deepEqual(frames, [341, 341]);
      assert.deepEqual(codes, [
        'aborted',
        'aborted',
        'aborted',
        'empty',
        'empty',
        'bad-input',
        'bad-input',
        'undecodable',
        'closed',
      ]);
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
      assert.equal(results.bytes.schema, 'emovox.result/2');
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
        model[model.length - 9] ^= 1; // one bit of a weight, before the checksum
        await page.route('**/*.safetensors', (route) => route.fulfill({ body: model }));
        const [code, message] = await page.evaluate(() => globalThis.refusal(globalThis.Emovox.create()));
        assert.equal(code, 'file-mismatch');
        assert.match(message, /emovox-small\.safetensors/);
        const given = (/** @type {Buffer} */ bytes) =>
          page.evaluate(async (text) => {
            const create = globalThis.Emovox.create({ model: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) });
            return create.then(
              (emovox) => emovox.versions.model.sha256,
              (error) => error.code,
            );
          }, bytes.toString('base64'));
        assert.equal(await given(model), 'model-invalid');
        const own = sealed(model.subarray(0, -8)); // one's own is one's own affair
        assert.equal(await given(own), createHash('sha256').update(own).digest('hex'));
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

  test('gives the samples that are analysed, without an AudioWorklet too', () =>
    chromium.withPage(
      async (page) => {
        await open(page);
        await page.route('**/capture-worklet*', (route) => route.abort());
        const { live, again, seconds } = await page.evaluate(async () => {
          const emovox = await globalThis.Emovox.create();
          const blocks = [];
          const how = { hop: 0.5, prior: 'even', labels: ['calm', 'sad', 'angry'], threshold: 0, evidence: true };
          const recording = await emovox.listen({ ...how, onSamples: (block) => blocks.push(block) });
          await new Promise((resolve) => setTimeout(resolve, 5500));
          const live = await recording.stop();
          const { sampleRate } = recording;
          const kept = await new Blob(blocks).arrayBuffer();
          const again = await emovox.analyze(new Float32Array(kept), { ...how, sampleRate });
          return { live, again, seconds: kept.byteLength / 4 / sampleRate };
        });
        assert.equal(live.duration, seconds);
        assert.ok(live.segments.length > 2, `${live.segments.length} segments`);
        assert.deepEqual({ ...again, engine: 0 }, { ...live, engine: 0 });
      },
      { expectErrors: true },
    ));

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
