// SPDX-License-Identifier: MIT
//
// The library itself, in an empty page with the strict content security policy.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readWav } from '../node/audio.js';
import { assertClose } from '../node/close.js';
import { browserTest, crashEngine, data, shownResult, vanishEngine } from './harness.js';
import { nativeResult } from './native.js';

const chromium = browserTest();
const angry = data('formats/angry.wav');
const base64 = readFileSync(angry).toString('base64');
const { samples } = readWav(angry);
const expected = nativeResult(angry);

/**
 * Opens the library with `file(times)` in the page: a WAV file that repeats the clip.
 * @param {import('playwright-core').Page} page
 */
async function open(page) {
  await chromium.openLibrary(page);
  await page.evaluate((text) => {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const header = bytes.slice(0, 44);
    const pcm = new Blob([bytes.subarray(44)]);
    globalThis.file = (times) => {
      const view = new DataView(header.buffer);
      view.setUint32(4, 36 + times * pcm.size, true);
      view.setUint32(40, times * pcm.size, true);
      return new File([header.slice(), ...Array(times).fill(pcm)], 'speech.wav');
    };
    globalThis.code = (promise) => promise.then(() => 'none').catch((error) => error.code);
  }, base64);
}

describe('what analyze() takes', () => {
  test('File, Blob, ArrayBuffer, bytes, URL, AudioBuffer and Float32Array give the same verdict', () =>
    chromium.withPage(async (page) => {
      await open(page);
      await page.route('**/angry.wav', (route) => route.fulfill({ path: angry }));
      const results = await page.evaluate(async (values) => {
        const pcm = Float32Array.from(values);
        const emovox = await globalThis.Emovox.create();
        const buffer = new AudioBuffer({ length: pcm.length, sampleRate: 16000, numberOfChannels: 2 });
        // A tone that only the mean of both channels is free of.
        buffer.copyToChannel(
          pcm.map((value, i) => value + Math.sin(i / 3)),
          0,
        );
        buffer.copyToChannel(
          pcm.map((value, i) => value - Math.sin(i / 3)),
          1,
        );
        const file = globalThis.file(1);
        const sources = {
          File: file,
          Blob: new Blob([file]),
          ArrayBuffer: await file.arrayBuffer(),
          Uint8Array: new Uint8Array(await file.arrayBuffer()),
          URL: new URL('/angry.wav', location.href),
          AudioBuffer: buffer,
          Float32Array: pcm,
        };
        const results = {};
        for (const [name, source] of Object.entries(sources)) {
          results[name] = await emovox.analyze(source, { sampleRate: 16000 });
        }
        await emovox.close();
        return results;
      }, Array.from(samples));
      assert.equal(Object.keys(results).length, 7);
      for (const [name, result] of Object.entries(results)) {
        assert.equal(result.emotion, expected.emotion, name);
        assert.equal(result.segments.length, expected.segments.length, name);
        for (const [label, probability] of Object.entries(expected.probabilities)) {
          assert.ok(Math.abs(result.probabilities[label] - probability) < 1e-4, `${name}: ${label}`);
        }
      }
    }));

  test('anything else is bad input', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const codes = await page.evaluate(async () => {
        const { Emovox, code } = globalThis;
        const emovox = await Emovox.create();
        return [
          await code(emovox.analyze('speech.wav')),
          await code(emovox.analyze(undefined)),
          await code(emovox.analyze(new Float32Array(16000))),
          await code(emovox.analyze(new Float32Array(16000), { sampleRate: 100 })),
          await code(emovox.analyze(new Float32Array(0), { sampleRate: 16000 })),
          await code(emovox.analyze(new Float32Array(16000).fill(NaN), { sampleRate: 16000 })),
          await code(Emovox.create({ model: 'huge' })),
          await code(Emovox.create({ model: new Uint8Array(1000) })),
        ];
      });
      assert.deepEqual(codes, [
        'bad-input',
        'bad-input',
        'bad-input',
        'sample-rate',
        'empty',
        'not-finite',
        'bad-input',
        'model-invalid',
      ]);
    }));

  test('where the browser has no WebCodecs, short files are decoded at once and long ones refused', () =>
    chromium.withPage(async (page) => {
      await page.route('**/worker.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `delete globalThis.AudioDecoder;${await response.text()}` });
      });
      await open(page);
      const mp3 = readFileSync(data('formats/angry.mp3')).toString('base64');
      const { short, long } = await page.evaluate(async (text) => {
        const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
        const emovox = await globalThis.Emovox.create();
        const short = await emovox.analyze(new Blob([bytes]));
        const long = await emovox
          .analyze(new Blob(Array(1000).fill(bytes)))
          .catch(({ code, message }) => ({ code, message }));
        return { short, long };
      }, mp3);
      assert.equal(short.emotion, expected.emotion);
      assert.equal(long.code, 'undecodable');
      assert.match(long.message, /mp3 only for recordings of up to 10 minutes/);
    }));
});

describe('the module', () => {
  const size = (name) => statSync(new URL(`../../dist/lib/${name}`, import.meta.url)).size;
  const withoutRelaxedSimd = () => {
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => !String(bytes).includes('253,146,2') && validate(bytes);
  };
  const notFound = (route) => route.fulfill({ status: 404 });
  /** What is asked for, last what is used. @type {[string, string[], (page: any) => any][]} */
  const cases = [
    ['with relaxed SIMD where the browser has it', ['emovox-relaxed.wasm'], () => {}],
    ['without where it has not', ['emovox.wasm'], (page) => page.addInitScript(withoutRelaxedSimd)],
    [
      'without where the server lacks the other',
      ['emovox-relaxed.wasm', 'emovox.wasm'],
      (page) => page.route('**/emovox-relaxed.wasm', notFound),
    ],
  ];
  for (const [name, files, prepare] of cases) {
    for (const baseUrl of [undefined, '/lib']) {
      test(`${name}${baseUrl ? ', below a baseUrl' : ''}: the verdict of the native build`, () =>
        chromium.withPage(
          async (page) => {
            await prepare(page);
            await open(page);
            /** @type {string[]} */
            const requests = [];
            page.on('request', (request) => requests.push(request.url().split('/').at(-1) ?? ''));
            const { result, last } = await page.evaluate(async (baseUrl) => {
              let last;
              const emovox = await globalThis.Emovox.create({ baseUrl, onProgress: (progress) => (last = progress) });
              return { result: await emovox.analyze(globalThis.file(1)), last };
            }, baseUrl);
            assert.deepEqual(
              requests.filter((file) => file.endsWith('.wasm')),
              files,
            );
            assert.equal(result.emotion, expected.emotion);
            assert.deepEqual([result.agreement, result.confidence], [expected.agreement, expected.agreement]);
            for (const [label, probability] of Object.entries(expected.probabilities)) {
              assert.ok(Math.abs(result.probabilities[label] - probability) < 5e-3, label);
            }
            const bytes = size(files.at(-1)) + size('models/emovox-small.safetensors');
            assert.deepEqual(last, { stage: 'load', fraction: 1, loaded: bytes, total: bytes });
          },
          { expectErrors: files.length > 1 }, // the browser reports the 404
        ));
    }
  }
});

describe('a speaker', () => {
  test('is enrolled, adapted to, saved, restored and closed', () =>
    chromium.withPage(async (page) => {
      await page.route('**/tiny', (route) => route.fulfill({ path: data('golden/tiny.safetensors') }));
      await open(page);
      const { known, restored, silence, streamed, ...rest } = await page.evaluate(async () => {
        const { Emovox, code, file } = globalThis;
        const model = new URL('/tiny', location.href);
        const emovox = await Emovox.create({ model });
        const stranger = await emovox.analyze(file(1), { evidence: true });
        const speaker = await emovox.speaker();
        const live = [];
        const first = await emovox.analyze(file(1), { speaker, onSegment: (segment) => live.push(segment) });
        const enrolled = await speaker.enroll(file(3));
        const profile = await speaker.save();
        const known = await emovox.judge(stranger, { speaker });

        const other = await Emovox.create({ model });
        const again = await other.speaker(profile);
        const restored = await other.judge(stranger, { speaker: again });
        const silence = await other.analyze(new Float32Array(32000), { sampleRate: 16000, speaker: again });
        const stream = other.stream(file(1), { speaker: await other.speaker(profile.buffer) });
        const { value: streamed } = await stream.next();

        const damaged = profile.slice();
        damaged[30] ^= 1;
        const older = profile.slice();
        older[8] = 1;
        const small = await Emovox.create();
        const codes = [
          await code(emovox.speaker(damaged)),
          await code(emovox.speaker(older)),
          await code(emovox.speaker('profile')),
          await code(small.speaker(profile)),
          await code(other.analyze(file(1), { speaker })),
          await code(emovox.analyze(file(1), { speaker: {} })),
          await code(emovox.listen({ enroll: true })),
        ];
        let during;
        await new Promise((resolve) => {
          during = emovox.analyze(file(9), { speaker, onProgress: resolve });
        });
        await speaker.close();
        codes.push(await code(during), await code(emovox.analyze(file(1), { speaker })), await code(speaker.save()));
        return { stranger, live, first, enrolled, known, restored, silence, streamed, codes, size: profile.length };
      });
      const { stranger, live, first, enrolled, codes, size } = rest;
      assert.equal(stranger.adaptation, undefined);
      const [{ evidence, ...unknown }] = stranger.segments;
      assert.deepEqual(live, [unknown], 'a new speaker is a stranger');
      assert.notDeepEqual(first.segments[0].probabilities, unknown.probabilities, 'and heard is no stranger any more');
      assert.ok(enrolled.seconds - first.adaptation.seconds > 9);
      assert.ok(enrolled.weight > first.adaptation.weight && first.adaptation.weight > 0);
      assert.notDeepEqual(known.segments, stranger.segments);
      assertClose(known.adaptation, enrolled, 1e-6); // judging teaches nothing
      assertClose(restored, known, 1e-6);
      assertClose(silence.adaptation, known.adaptation, 1e-6); // nor does silence
      assertClose({ ...streamed, evidence }, known.segments[0], 1e-6);
      assert.ok(size < 1000);
      assert.deepEqual(codes, [
        'profile-invalid',
        'profile-version',
        'bad-input',
        'profile-model',
        'bad-input',
        'bad-input',
        'bad-input',
        'none',
        'closed',
        'closed',
      ]);
    }));
});

describe('several at once', () => {
  test('analyses queue up and segments arrive in order', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const order = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const order = [];
        await Promise.all(
          ['a', 'b', 'c'].map((name) =>
            emovox.analyze(globalThis.file(3), { onSegment: ({ start }) => order.push([name, start]) }),
          ),
        );
        return order;
      });
      assert.deepEqual(
        order,
        order.toSorted(([a, s], [b, t]) => a.localeCompare(b) || s - t),
      );
      assert.ok(order.length > 9);
    }));

  test('stream() yields what analyze() returns', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { streamed, result, early } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const streamed = [];
        const iterator = emovox.stream(globalThis.file(3));
        let step = await iterator.next();
        for (; !step.done; step = await iterator.next()) streamed.push(step.value);
        let early = 0;
        for await (const _ of emovox.stream(globalThis.file(100))) if (++early === 3) break;
        await emovox.analyze(globalThis.file(1)); // leaving a stream early frees the queue
        return { streamed, result: step.value, early };
      });
      assert.deepEqual(streamed, result.segments);
      assert.equal(early, 3);
    }));
});

describe('stopping', () => {
  for (const kind of ['file', 'samples']) {
    test(`an abort in the middle of long audio (${kind}) ends the analysis, in the worker too`, () =>
      chromium.withPage(async (page) => {
        await open(page);
        const { codes, emotion, after, last } = await page.evaluate(async (kind) => {
          const { Emovox, code, file } = globalThis;
          const source = kind === 'file' ? file(1000) : new Float32Array(16000 * 1800).fill(0.1);
          /** What the workers say. @type {any[]} */
          const said = [];
          globalThis.Worker = class extends Worker {
            constructor(...args) {
              super(...args);
              this.addEventListener('message', ({ data }) => said.push(data));
            }
          };
          const emovox = await Emovox.create();
          const abort = new AbortController();
          let after = 0;
          const long = emovox.analyze(source, {
            sampleRate: 16000,
            signal: abort.signal,
            onProgress: ({ seconds }) => {
              if (abort.signal.aborted) after++;
              else if (seconds > 20) abort.abort();
            },
          });
          const waiting = new AbortController();
          const queued = emovox.analyze(file(1000), { signal: waiting.signal });
          waiting.abort();
          const codes = [
            await code(queued),
            await code(long),
            await code(emovox.analyze(file(1), { signal: AbortSignal.abort() })),
            await code(Emovox.create({ signal: AbortSignal.abort() })),
          ];
          const { emotion } = await emovox.analyze(file(10));
          // The last word about the long file is that it was stopped: the worker did not go on with it.
          const { id } = said.find(({ type, value }) => type === 'progress' && value.duration > 1000);
          return { codes, emotion, after, last: said.filter((reply) => reply.id === id).at(-1) };
        }, kind);
        assert.deepEqual(codes, ['aborted', 'aborted', 'aborted', 'aborted']);
        assert.equal(emotion, expected.emotion);
        assert.equal(last.type, 'error');
        assert.equal(last.code, 'aborted');
        assert.equal(after, 0);
      }));
  }

  test('after the rejection nothing more is heard of an analysis; the next one works', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { before, after, code, peaks, segments } = await page.evaluate(async () => {
        const { Emovox, code, file } = globalThis;
        const emovox = await Emovox.create();
        const abort = new AbortController();
        const calls = { onSegment: 0, onProgress: 0, onPeaks: 0 };
        let rejected = false;
        let after = 0;
        const count = (name) => () => {
          if (rejected) after++;
          if (++calls[name] === 20 && name === 'onSegment') abort.abort();
        };
        const callbacks = Object.fromEntries(Object.keys(calls).map((name) => [name, count(name)]));
        const stopped = await code(emovox.analyze(file(1000), { signal: abort.signal, ...callbacks }));
        rejected = true;
        const before = { ...calls };
        const peaks = [];
        const next = await emovox.analyze(file(10), { onPeaks: (values) => peaks.push(...values) });
        return { before, after, code: stopped, peaks: peaks.length / next.duration, segments: next.segments.length };
      });
      assert.equal(code, 'aborted');
      assert.equal(before.onSegment, 20);
      assert.ok(before.onProgress >= 19 && before.onPeaks >= 1, JSON.stringify(before));
      assert.equal(after, 0);
      assert.ok(Math.abs(peaks - 100) < 0.1 && segments > 10);
    }));

  test('abort while the library loads', () =>
    chromium.withPage(
      async (page) => {
        await page.route('**/*.safetensors', () => {}); // never answers
        await open(page);
        const code = await page.evaluate(async () => {
          const abort = new AbortController();
          const created = globalThis.Emovox.create({ signal: abort.signal });
          setTimeout(() => abort.abort(), 50);
          return globalThis.code(created);
        });
        assert.equal(code, 'aborted');
      },
      { expectErrors: true },
    ));

  test('a file that cannot be loaded ends the loading of the others: nothing more is heard of them', () =>
    chromium.withPage(
      async (page) => {
        await chromium.openLibrary(page);
        await page.route('**/*.wasm', (route) => route.abort());
        await page.route('**/*.safetensors', async (route) => {
          await new Promise((resolve) => setTimeout(resolve, 500));
          await route.continue().catch(() => {}); // nobody wants it any more
        });
        const told = await page.evaluate(async () => {
          /** @type {number[]} */
          const loaded = [];
          const onProgress = ({ loaded: bytes }) => loaded.push(bytes);
          const { code } = await globalThis.Emovox.create({ onProgress }).catch((error) => error);
          const before = loaded.length;
          await new Promise((resolve) => setTimeout(resolve, 1500));
          return [code, loaded.length - before];
        });
        assert.deepEqual(told, ['wasm-load', 0]);
      },
      { expectErrors: true },
    ));

  test('the Cancel button', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.evaluate((text) => {
        const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
        new DataView(bytes.buffer).setUint32(4, 0xffffffff, true);
        new DataView(bytes.buffer).setUint32(40, 0xffffffff, true);
        const pcm = new Blob([bytes.subarray(44)]);
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes, ...Array(1000).fill(pcm)], 'hour.wav'));
        const input = /** @type {HTMLInputElement} */ (document.querySelector('#file'));
        input.files = transfer.files;
        input.dispatchEvent(new Event('change'));
      }, base64);
      await page.waitForSelector('#progress[value]');
      await page.waitForSelector('#result[data-state=working] .strip');
      // A button made anew while it is pressed would swallow the click.
      const button = await page.waitForSelector('#cancel');
      const before = await page.textContent('#progress-text');
      await page.waitForFunction((text) => document.querySelector('#progress-text')?.textContent !== text, before);
      assert.equal(await button.evaluate((node) => node.isConnected), true);
      await page.click('#cancel');
      assert.equal((await shownResult(page)).error, 'aborted');
      await page.setInputFiles('#file', angry);
      await page.waitForSelector('#result[data-emotion=angry]');
    }));

  test('close() rejects what is under way and everything afterwards', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const codes = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        const running = globalThis.code(emovox.analyze(globalThis.file(1000)));
        const queued = globalThis.code(emovox.analyze(globalThis.file(1)));
        await emovox[Symbol.asyncDispose]();
        return [await running, await queued, await globalThis.code(emovox.analyze(globalThis.file(1)))];
      });
      assert.deepEqual(codes, ['closed', 'closed', 'closed']);
      assert.equal(page.workers().length, 0);
    }));

  for (const [how, end] of /** @type {const} */ ([
    ['crashes', crashEngine],
    ['vanishes', vanishEngine],
  ])) {
    test(`a worker that ${how} rejects everything`, () =>
      chromium.withPage(
        async (page) => {
          await open(page);
          await page.evaluate(async () => {
            globalThis.emovox = await globalThis.Emovox.create();
            globalThis.running = globalThis.code(globalThis.emovox.analyze(globalThis.file(1000)));
          });
          assert.equal(await page.evaluate(() => globalThis.emovox.ended), null);
          await end(page);
          const codes = await page.evaluate(async () => [
            await globalThis.running,
            globalThis.emovox.ended.code,
            await globalThis.code(globalThis.emovox.analyze(globalThis.file(1))),
          ]);
          assert.deepEqual(codes, ['internal', 'internal', 'internal']);
        },
        { expectErrors: true },
      ));
  }
});

describe('manners', () => {
  test('no request after load: files and microphone work without a network', () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(() => {
        // A stand-in for the device: an oscillator needs no permission.
        navigator.mediaDevices.getUserMedia = async () => {
          const context = new AudioContext();
          const output = context.createMediaStreamDestination();
          const tone = new OscillatorNode(context);
          tone.connect(output);
          tone.start();
          return output.stream;
        };
      });
      await chromium.openSite(page);
      await page.waitForLoadState('networkidle'); // the browser fetches the icon when it likes
      const requests = chromium.watchRequests();
      // What it plays is in its own memory.
      page.on('request', (request) => request.url().startsWith('blob:') || requests.push(request.url()));
      await page.context().setOffline(true);
      for (const name of ['angry.wav', 'angry.mp3', 'angry.m4a']) {
        await page.setInputFiles('#file', data(`formats/${name}`));
        await page.waitForFunction(
          (file) =>
            [...document.querySelectorAll('#result[data-state=done] .name')].some((node) => node.textContent === file),
          name,
        );
      }
      await page.click('#record');
      await page.waitForFunction(() => (document.querySelector('#recording-time')?.textContent ?? '') >= '0:01');
      await page.click('#stop');
      await page.waitForFunction(() => document.querySelector('#result .name')?.textContent?.startsWith('Recording'));
      assert.equal((await shownResult(page)).state, 'done');
      assert.deepEqual(requests, []);
    }));

  test('all that is fetched comes from the own origin', () =>
    chromium.withPage(async (page) => {
      /** @type {string[]} */
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      await chromium.openSite(page);
      assert.ok(requests.length >= 5);
      for (const url of requests) assert.ok(url.startsWith(chromium.url), url);
    }));

  test('the page stays free while the worker works', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { turns, progress } = await page.evaluate(async () => {
        const emovox = await globalThis.Emovox.create();
        let turns = 0;
        let running = true;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          turns++;
          if (running) port2.postMessage(null);
        };
        port2.postMessage(null);
        let progress = 0;
        await emovox.analyze(globalThis.file(60), { onProgress: () => progress++ });
        running = false;
        return { turns, progress };
      });
      // Were the work done in the page, a turn would come once per segment at best.
      assert.ok(turns > 5 * progress, `${turns} turns of the page for ${progress} segments`);
    }));

  test("'large' is another file; segments carry intensity, valence, arousal and salience to the page", () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { names, result } = await page.evaluate(async () => {
        const names = [];
        let result;
        for (const options of [{}, { baseUrl: '/lib/' }]) {
          const emovox = await globalThis.Emovox.create({ model: 'large', ...options });
          names.push(emovox.model.name);
          result = await emovox.analyze(globalThis.file(1));
          await emovox.close();
        }
        return { names, result };
      });
      assert.deepEqual(names, ['large', 'large']);
      const [{ salience, intensity, valence, arousal }] = result.segments;
      assert.deepEqual([result.intensity, result.valence, result.arousal], [intensity, valence, arousal]);
      assert.ok(intensity > 0 && intensity < 1);
      assert.ok(Math.abs(salience.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-4);
    }));

  test('stats() and the model tell what is loaded; progress counts bytes', () =>
    chromium.withPage(async (page) => {
      await open(page);
      const { stats, model, version, last } = await page.evaluate(async () => {
        let last;
        const emovox = await globalThis.Emovox.create({ baseUrl: '/lib', onProgress: (progress) => (last = progress) });
        return { stats: await emovox.stats(), model: emovox.model, version: emovox.version, last };
      });
      assert.ok(stats.wasmMemoryBytes > 1e6);
      assert.equal(model.name, 'small');
      assert.equal(model.labels.length, 8);
      assert.match(version, /^\d+\.\d+\.\d+$/);
      assert.equal(last.loaded, last.total);
    }));
});
