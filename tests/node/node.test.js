// SPDX-License-Identifier: MIT
//
// The library as a program in Node has it: imported by its name, on real files.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Emovox, EmovoxError } from 'emovox';
import { makeWav, readWav } from './audio.js';
import { assertClose } from './close.js';
import { nativeFeatures, nativeResults } from './native.js';

const data = new URL('../data/', import.meta.url);
const tiny = new URL('golden/tiny.safetensors', data);
const wav = new URL('formats/angry.wav', data);
const long = new URL('speech/long.opus', data);
const angry = readWav(wav);

/** @type {Emovox} */ let emovox;
before(async () => {
  emovox = await Emovox.create();
});
after(() => emovox.close());

/** What two analyses must agree in. @param {import('emovox').Result} result */
const verdict = ({ engine, ...rest }) => rest;

/** @param {string} code */
const withCode = (code) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof EmovoxError, String(error));
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.length > 15, error.message);
  return true;
};

/**
 * The audio as a WAV file of another kind.
 *
 * @param {number} tag 1: integers, 3: floats
 * @param {number} bits
 * @param {{extensible?: boolean, odd?: boolean}} [how]
 */
function wave(tag, bits, { extensible = false, odd = false } = {}) {
  const size = bits / 8;
  const body = Buffer.alloc(angry.samples.length * size);
  angry.samples.forEach((sample, i) => {
    const at = i * size;
    if (tag === 3 && bits === 32) body.writeFloatLE(sample, at);
    else if (tag === 3) body.writeDoubleLE(sample, at);
    else if (bits === 8) body.writeUInt8(Math.round(sample * 127) + 128, at);
    else body.writeIntLE(Math.round(sample * (2 ** (bits - 1) - 1)), at, size);
  });
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(angry.sampleRate, 4);
  format.writeUInt32LE(angry.sampleRate * size, 8);
  format.writeUInt16LE(size, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt32LE(4, 20);
    Buffer.from([tag, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]).copy(format, 24);
  }
  const chunk = (/** @type {string} */ id, /** @type {Buffer} */ content) => {
    const head = Buffer.from(`${id}    `);
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const between = odd ? [chunk('note', Buffer.from('odd'))] : [];
  const content = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), ...between, chunk('data', body)]);
  return chunk('RIFF', content);
}

describe('sources', () => {
  test('PCM, and WAV as file URL, Buffer, ArrayBuffer, Blob, give the same', async () => {
    const bytes = readFileSync(wav);
    const pcm = await emovox.analyze(angry.samples, { sampleRate: angry.sampleRate });
    assert.equal(pcm.emotion, 'angry');
    const arrayBuffer = new Uint8Array(bytes).buffer;
    for (const source of [wav, bytes, new Uint8Array(bytes), arrayBuffer, new Blob([bytes])]) {
      assertClose(verdict(await emovox.analyze(source)), verdict(pcm), 1e-6);
    }
  });

  test('an async iterable of interleaved blocks', async () => {
    async function* blocks() {
      for (let at = 0; at < angry.samples.length; at += 777) {
        yield Float32Array.from({ length: 2 * Math.min(777, angry.samples.length - at) }, (_, i) => {
          return angry.samples[at + (i >> 1)];
        });
      }
    }
    const result = await emovox.analyze(blocks(), { sampleRate: 16000, channels: 2 });
    assertClose(verdict(result), verdict(await emovox.analyze(wav)), 1e-4);
    assert.equal(result.engine.channels, 2);
  });

  for (const [tag, bits, how] of /** @type {[number, number, object?][]} */ ([
    [1, 8],
    [1, 16, { extensible: true }],
    [1, 24],
    [1, 24, { extensible: true, odd: true }],
    [1, 32, { odd: true }],
    [3, 32],
    [3, 32, { extensible: true }],
    [3, 64],
  ])) {
    test(`WAV with ${bits} bits, ${tag === 3 ? 'float' : 'integer'} ${Object.keys(how ?? {})}`, async () => {
      const result = await emovox.analyze(wave(tag, bits, how));
      assertClose(verdict(result).probabilities, (await emovox.analyze(wav)).probabilities, bits === 8 ? 0.1 : 1e-3);
      assert.equal(result.duration, angry.samples.length / angry.sampleRate);
    });
  }

  test('a URL on a server', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/angry.wav') return response.end(readFileSync(wav));
      response.statusCode = 404;
      return response.end();
    }).listen(0);
    try {
      const base = `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
      const result = await emovox.analyze(new URL('angry.wav', base));
      assert.deepEqual(verdict(result), verdict(await emovox.analyze(wav)));
      await assert.rejects(emovox.analyze(new URL('none.wav', base)), withCode('undecodable'));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('what is wrong with a source is said by its code', async () => {
    const bytes = readFileSync(wav);
    const flac = readFileSync(new URL('formats/angry.flac', data));
    const nan = Float32Array.from(angry.samples);
    nan[999] = Number.NaN;
    const pcm = { sampleRate: 16000 };
    /** @type {[any, object, string][]} */
    const cases = [
      [bytes.subarray(0, 30000), {}, 'undecodable'],
      [bytes.subarray(0, 30), {}, 'undecodable'],
      [flac.subarray(0, flac.length >> 1), {}, 'undecodable'],
      [Buffer.from('not audio at all, just a line of text'), {}, 'undecodable'],
      [Buffer.alloc(0), {}, 'empty'],
      [makeWav(new Float32Array(), 16000), {}, 'empty'],
      [new URL('nowhere.wav', data), {}, 'undecodable'],
      [angry.samples, {}, 'bad-input'],
      [42, {}, 'bad-input'],
      [null, {}, 'bad-input'],
      ['recording.wav', {}, 'bad-input'],
      [angry.samples.slice(0, 7000), pcm, 'too-short'],
      [new Float32Array(), pcm, 'empty'],
      [nan, pcm, 'not-finite'],
      [angry.samples, { sampleRate: 4000 }, 'sample-rate'],
      [angry.samples, { ...pcm, speaker: {} }, 'bad-input'],
    ];
    for (const [i, [source, options, code]] of cases.entries()) {
      await assert.rejects(emovox.analyze(source, options), withCode(code), `case ${i}`);
    }
    assert.equal((await emovox.analyze(wav)).emotion, 'angry');
  });
});

describe('results', () => {
  for (const name of ['formats/angry.wav', 'formats/angry.flac', 'speech/03-01-04-02-01-01-12.flac']) {
    test(`as the native build, ${name}`, async () => {
      const url = new URL(name, data);
      const [{ file, ...native }] = nativeResults([fileURLToPath(url)]);
      const { schema, ...result } = verdict(await emovox.analyze(url));
      assertClose(result, native, 1e-4);
    });
  }

  for (const name of ['angry.mp3', 'angry.vorbis.ogg', 'angry.opus.ogg', 'angry.m4a', 'angry.webm']) {
    test(`near to the native build, ${name}`, async () => {
      const [native] = nativeResults([fileURLToPath(wav)]);
      const result = await emovox.analyze(new URL(`formats/${name}`, data));
      assertClose(result.probabilities, native.probabilities, 0.1);
      assertClose(result.votes, native.votes, 0);
      assert.ok(Math.abs(result.duration - native.duration) < 0.1, String(result.duration));
    });
  }

  test('progress and segments come on the way, also from stream()', async () => {
    /** @type {number[]} */ const seconds = [];
    /** @type {unknown[]} */ const segments = [];
    const result = await emovox.analyze(long, {
      onProgress: (progress) => {
        seconds.push(progress.seconds);
        return true; // is of no consequence
      },
      onSegment: (segment) => segments.push(segment),
    });
    assert.deepEqual(segments, result.segments);
    assert.ok(seconds.length > 5 && seconds.every((value, i) => i === 0 || value >= seconds[i - 1]));
    const streamed = [];
    const stream = emovox.stream(long);
    for (;;) {
      const { done, value } = await stream.next();
      if (done) {
        assert.deepEqual(verdict(value), verdict(result));
        break;
      }
      streamed.push(value);
    }
    assert.deepEqual(streamed, result.segments);
  });

  const schema = JSON.parse(readFileSync(new URL('../../dist/lib/result.schema.json', import.meta.url), 'utf8'));
  const validate = new Ajv2020({ allErrors: true }).compile(schema);

  test('satisfy the JSON Schema', async () => {
    const speaker = await emovox.speaker();
    const silence = new Float32Array(80000);
    for (const result of [
      await emovox.analyze(wav),
      await emovox.analyze(long, { speaker, evidence: true }),
      await emovox.judge(await emovox.analyze(wav, { evidence: true }), { labels: ['sad', 'happy'] }),
      await emovox.analyze(silence, { sampleRate: 16000 }),
    ]) {
      assert.equal(Object.keys(result)[0], 'schema');
      assert.equal(result.schema, schema.$id);
      validate(JSON.parse(JSON.stringify(result)));
      assert.deepEqual(validate.errors, null);
      const undescribed = (/** @type {object} */ value, /** @type {any} */ { properties }) =>
        Object.keys(value).filter((key) => !properties[key]);
      assert.deepEqual(undescribed(result, schema), []);
      assert.deepEqual(undescribed(result.segments[0], schema.$defs.segment), []);
      assert.deepEqual(undescribed(result.evidence ?? {}, schema.properties.evidence), []);
      assert.deepEqual(undescribed(result.engine, schema.properties.engine), []);
    }
  });

  test('and the schema refuses others', async () => {
    const result = await emovox.analyze(wav);
    for (const key of Object.keys(result)) {
      const { [key]: _, ...rest } = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (result));
      assert.equal(validate(rest), false, key);
    }
    const [segment] = result.segments;
    for (const wrong of [
      { schema: 'emovox.result/1' },
      { agreement: 1.1 },
      { probability: -0.1 },
      { prior: { sad: 2 } },
      { evidence: {} },
      { evidence: { model: 'small' } },
      { valence: -2 },
      { votes: { uncertain: 0.5, sad: 1 } },
      { probabilities: { sad: '1' } },
      { segments: [{ ...segment, salience: undefined }] },
      { segments: [{ ...segment, start: -1 }] },
      { segments: [{ ...segment, evidence: ['1'] }] },
      { adaptation: { seconds: 1 } },
    ]) {
      assert.equal(validate(JSON.parse(JSON.stringify({ ...result, ...wrong }))), false, JSON.stringify(wrong));
    }
  });
});

describe('hop, threshold and peaks', () => {
  test('hop and threshold as the native build has them, also from stream()', async () => {
    const flac = new URL('speech/03-01-04-02-01-01-12.flac', data);
    const sound = [fileURLToPath(flac)];
    for (const [hop, threshold] of [
      [0.25, 0],
      [1, 0.95],
    ]) {
      const [{ file, ...native }] = nativeResults(sound, ['--hop', String(hop), '--threshold', String(threshold)]);
      const { schema, ...result } = verdict(await emovox.analyze(flac, { hop, threshold }));
      assertClose(result, native, 1e-4);
    }
    const often = await emovox.analyze(long, { hop: 0.5 });
    assert.equal(often.segments.length, 57);
    const streamed = [];
    for await (const segment of emovox.stream(long, { hop: 0.5 })) streamed.push(segment);
    assert.deepEqual(streamed, often.segments);
    const { hopSeconds: hop, threshold } = emovox.model;
    assert.deepEqual(verdict(await emovox.analyze(long, { hop, threshold })), verdict(await emovox.analyze(long)));
  });

  test('options out of range are refused by name', async () => {
    const pcm = { sampleRate: 16000 };
    /** @type {[object, RegExp][]} */
    const cases = [
      [{ hop: 0 }, /'hop' of analyze\(\) must be a number of seconds from 0\.25 to 4/],
      [{ hop: 4.01 }, /'hop'/],
      [{ hop: Number.NaN }, /'hop'/],
      [{ hop: '1' }, /'hop'/],
      [{ threshold: -0.1 }, /'threshold' of analyze\(\) must be a number from 0 to 1/],
      [{ threshold: 1.1 }, /'threshold'/],
      [{ threshold: Number.NaN }, /'threshold'/],
      [{ onPeaks: true }, /'onPeaks'/],
      [{ onRevised: true }, /'onRevised'/],
      [{ evidence: 1 }, /'evidence' of analyze\(\) must be true or false/],
      [{ prior: 'odd' }, /'prior' of analyze\(\) must be 'everyday', 'even', or weights from 0 to 1000000 by emotion/],
      [{ prior: { joyful: 1 } }, /neutral, .*surprised\); 'joyful' is none of them/],
      [{ prior: { sad: -1 } }, /'prior'/],
      [{ prior: { sad: 1e7 } }, /'prior'/],
      [{ prior: { sad: '1' } }, /'prior'/],
      [{ prior: Object.fromEntries(emovox.model.labels.map((label) => [label, 1e-60])) }, /'prior'.* not 0 for all/],
      [{ prior: { sad: 0, angry: 0 }, labels: ['sad', 'angry'] }, /'prior'.* not 0 for all that may be the answer/],
      [{ labels: 'sad,angry' }, /'labels' of analyze\(\) must be a list of two or more of neutral, /],
      [{ labels: ['sad'] }, /'labels'/],
      [{ labels: ['sad', 'sad'] }, /'labels'.*each once/],
      [{ labels: ['sad', 'joyful'] }, /'joyful' is none of them/],
      [{ labels: ['sad', 7] }, /'labels'/],
    ];
    for (const [options, message] of cases) {
      const error = await emovox.analyze(angry.samples, { ...pcm, ...options }).catch((thrown) => thrown);
      assert.ok(withCode('bad-option')(error));
      assert.match(error.message, message);
    }
    for (const hop of [0.25, 4, undefined]) await emovox.analyze(angry.samples, { ...pcm, hop, threshold: undefined });
  });

  test('peaks of a file and of PCM: the whole recording, in few calls', async () => {
    /** @param {any} source @param {object} [options] */
    const peaksOf = async (source, options) => {
      /** @type {Float32Array[]} */ const calls = [];
      const result = await emovox.analyze(source, { ...options, onPeaks: (peaks) => calls.push(peaks) });
      const all = calls.flatMap((peaks) => [...peaks]);
      assert.equal(all.length, Math.ceil(result.duration * 100 - 1e-6));
      return { calls, all };
    };
    const { all } = await peaksOf(wav);
    for (const [i, peak] of all.entries()) {
      const stretch = angry.samples.subarray(160 * i, 160 * (i + 1));
      assert.equal(
        peak,
        stretch.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      );
    }
    assert.deepEqual((await peaksOf(angry.samples, { sampleRate: 16000 })).all, all);
    const { calls } = await peaksOf(long);
    assert.equal(calls.length, 4);
    for await (const _ of emovox.stream(wav, { onPeaks: (peaks) => calls.push(peaks) }));
    assert.equal(calls.length, 5);
  });
});

describe('logMel()', () => {
  test('of a whole file as the native build; of a stretch, as of a recording of its own', async () => {
    const [{ frames, values }] = nativeFeatures([fileURLToPath(wav)]);
    const whole = await emovox.logMel(wav);
    assert.deepEqual([whole.bands, whole.frames, whole.hopSeconds, whole.start], [80, frames, 0.01, 0]);
    assertClose([...whole.values], [...values], 1e-4);
    const stretch = { start: 1.2345, end: 2.5 };
    const alone = await emovox.logMel(angry.samples.slice(19752, 40000), { sampleRate: 16000 });
    const stereo = (async function* () {
      for (let at = 0; at < angry.samples.length; at += 5000) {
        yield Float32Array.from({ length: 2 * Math.min(5000, angry.samples.length - at) }, (_, i) => {
          return angry.samples[at + (i >> 1)];
        });
      }
    })();
    for (const [source, options] of /** @type {[any, object][]} */ ([
      [wav, {}],
      [new URL('formats/angry.flac', data), {}],
      [angry.samples, { sampleRate: 16000 }],
      [stereo, { sampleRate: 16000, channels: 2 }],
    ])) {
      const { start, ...actual } = await emovox.logMel(source, { ...options, ...stretch });
      assert.equal(start, 1.2345);
      assertClose({ ...actual, start: 0 }, alone, 1e-4);
    }
    const rest = await emovox.logMel(wav, { start: 3 });
    assert.equal(rest.frames, 1 + Math.floor((angry.samples.length - 48000) / 160));
  });

  for (const name of ['angry.mp3', 'angry.vorbis.ogg', 'angry.opus.ogg', 'angry.m4a', 'angry.webm']) {
    test(`a stretch is where it is in the whole, ${name}`, async () => {
      const url = new URL(`formats/${name}`, data);
      const whole = await emovox.logMel(url);
      const part = await emovox.logMel(url, { start: 1, end: 2 });
      assert.ok(Math.abs(part.frames - 101) <= 1, `${part.frames} frames`);
      // But for its edges, and what a decoder that begins in the middle makes a little differently.
      const difference = (/** @type {number} */ shift) => {
        let sum = 0;
        for (let i = 80 * 5; i < 80 * 90; i++) sum += Math.abs(part.values[i] - whole.values[80 * (100 + shift) + i]);
        return sum / (80 * 85);
      };
      // WebM tells the time in whole milliseconds.
      assert.ok(difference(0) < (name.endsWith('.webm') ? 0.1 : 0.03), `${difference(0)}`);
      assert.ok(difference(0) < difference(1) && difference(0) < difference(-1));
    });
  }

  test('of a stretch of a long file, little else is read', async () => {
    const header = readFileSync(wav).subarray(0, 44);
    const second = new Uint8Array(32000);
    const size = 600 * second.length; // ten minutes
    header.writeUInt32LE(36 + size, 4);
    header.writeUInt32LE(size, 40);
    const blob = new Blob([header, ...Array(600).fill(second)]);
    let read = 0;
    const { slice } = blob;
    blob.slice = (...range) => {
      const part = slice.apply(blob, range);
      const { stream } = part;
      const transform = (/** @type {Uint8Array} */ chunk, /** @type {TransformStreamDefaultController} */ out) => {
        read += chunk.length;
        out.enqueue(chunk);
      };
      part.stream = () => stream.call(part).pipeThrough(new TransformStream({ transform }));
      return part;
    };
    const { frames } = await emovox.logMel(blob, { start: 500, end: 510 });
    assert.equal(frames, 1001);
    assert.ok(read >= 10 * second.length && read < size / 4, `${read} of ${size} bytes`);
  });

  test('of a stretch behind the first 4 GiB of a file', async () => {
    const start = 134218; // s: some bytes more
    const size = 2 * (16000 * start + angry.samples.length);
    const header = Buffer.alloc(80);
    header.write('RF64\xff\xff\xff\xffWAVEds64', 'latin1');
    header.writeUInt32LE(28, 16);
    header.writeBigUInt64LE(BigInt(size + 72), 20);
    header.writeBigUInt64LE(BigInt(size), 28);
    readFileSync(wav).copy(header, 48, 12, 36); // the format
    header.write('data\xff\xff\xff\xff', 72, 'latin1');
    const folder = mkdtempSync(join(tmpdir(), 'emovox-node-'));
    try {
      const path = join(folder, 'long.wav');
      writeFileSync(path, header);
      truncateSync(path, header.length + 32000 * start); // nothing is written in between
      appendFileSync(path, readFileSync(wav).subarray(44));
      const { values } = await emovox.logMel(pathToFileURL(path), { start, end: start + 2 });
      assertClose([...values], [...(await emovox.logMel(wav, { end: 2 })).values], 1e-4);
      writeFileSync(path, 'RIFF', { flag: 'r+' }); // which cannot be that long
      await assert.rejects(emovox.logMel(pathToFileURL(path), { start, end: start + 2 }), withCode('undecodable'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('what is wrong is said by its code; it waits for no analysis; a signal stops it', async () => {
    const pcm = { sampleRate: 16000 };
    /** @type {[any, object, string][]} */
    const cases = [
      [wav, { start: -1 }, 'bad-option'],
      [wav, { start: 2, end: 2 }, 'bad-option'],
      [wav, { end: 0 }, 'bad-option'],
      [wav, { end: Infinity }, 'bad-option'],
      [wav, { onSegment: () => {} }, 'bad-option'],
      [wav, { start: 9 }, 'empty'],
      [wav, { start: 3.4, end: 9, signal: AbortSignal.abort() }, 'aborted'],
      [angry.samples, { ...pcm, start: 9 }, 'empty'],
      [angry.samples, {}, 'bad-input'],
      [null, {}, 'bad-input'],
      [Buffer.alloc(0), {}, 'empty'],
      [Buffer.from('not audio at all'), { start: 1 }, 'undecodable'],
    ];
    for (const [i, [source, options, code]] of cases.entries()) {
      await assert.rejects(emovox.logMel(source, options), withCode(code), `case ${i}`);
    }
    const stop = new AbortController();
    const endless = (async function* () {
      for (;;) yield angry.samples;
    })();
    const analysis = emovox.analyze(endless, { ...pcm, signal: stop.signal });
    assert.equal((await emovox.logMel(wav)).bands, 80);
    stop.abort();
    await assert.rejects(analysis, withCode('aborted'));
    const other = await Emovox.create();
    await other.close();
    await assert.rejects(other.logMel(wav), withCode('closed'));
  });
});

describe('a speaker', () => {
  const files = ['long.opus', 'EB0_anger_1.opus'].map((name) => new URL(`speech/${name}`, data));

  test('adapts, is saved and restored', async () => {
    const other = await Emovox.create({ model: tiny });
    const stranger = await other.analyze(files[1], { evidence: true });
    const speaker = await other.speaker();
    const { seconds } = await speaker.enroll(files[0]);
    assert.ok(Math.abs(seconds - 31.8) < 0.5);
    const profile = await speaker.save();
    const enrolled = await other.judge(stranger, { speaker });
    assert.notDeepEqual(enrolled.probabilities, stranger.probabilities);
    const again = await other.judge(stranger, { speaker: await other.speaker(profile) });
    assertClose(verdict(again), verdict(enrolled), 1e-6);
    const known = await other.analyze(files[1], { speaker });
    assert.ok(known.adaptation && known.adaptation.weight > 0.1 && known.adaptation.seconds > seconds);
    await speaker.close();
    await assert.rejects(speaker.save(), withCode('closed'));
    await assert.rejects(other.analyze(files[1], { speaker }), withCode('closed'));
    await assert.rejects(emovox.speaker(profile), withCode('profile-model'));
    profile[8] = 1;
    await assert.rejects(other.speaker(profile), withCode('profile-version'));
    await assert.rejects(emovox.speaker(new Uint8Array(9)), withCode('profile-invalid'));
    await other.close();
  });
});

describe('judge()', () => {
  const sound = new URL('speech/long.opus', data);
  /** @type {import('emovox').JudgeOptions[]} */
  const lights = [
    {},
    { prior: 'even' },
    { prior: { neutral: 2, sad: 0.5 } },
    { labels: ['neutral', 'happy', 'sad', 'angry'] },
    { threshold: 0.95 },
    { prior: { happy: 0 }, labels: ['happy', 'sad', 'angry'], threshold: 0 },
  ];

  test('says what analyze() says with the same options, also of what went through JSON', async () => {
    const heard = await emovox.analyze(sound, { evidence: true });
    assert.equal(heard.evidence?.model, emovox.model.fingerprint);
    assert.equal(heard.segments[0].evidence?.length, emovox.model.evidenceCount);
    const text = JSON.stringify(heard);
    for (const how of lights) {
      const expected = await emovox.analyze(sound, { ...how, evidence: true });
      assertClose(verdict(await emovox.judge(heard, how)), verdict(expected), 1e-6);
      assertClose(verdict(await emovox.judge(JSON.parse(text), how)), verdict(expected), 1e-6);
      const streamed = emovox.stream(sound, how);
      let last = await streamed.next();
      while (!last.done) last = await streamed.next();
      const { evidence, segments, ...summary } = verdict(expected);
      assertClose({ ...verdict(last.value), segments: [] }, { ...summary, segments: [] }, 1e-6);
    }
    assert.equal(JSON.stringify(heard), text);
    const { segments } = await emovox.analyze(sound);
    assert.ok(segments.every((segment) => !('evidence' in segment)));
  });

  test('after a speaker has been heard; what was heard first is told by what came later', async () => {
    const speaker = await emovox.speaker();
    /** @type {any[]} */ const live = [];
    /** @type {any[][]} */ const revised = [];
    const result = await emovox.analyze(sound, {
      speaker,
      evidence: true,
      onSegment: (segment) => live.push(segment),
      onRevised: (segments) => revised.push(segments),
    });
    assert.equal(revised.length, 1);
    assert.deepEqual(revised[0], result.segments);
    assert.equal(live.length, result.segments.length);
    assert.notDeepEqual(live[0].probabilities, result.segments[0].probabilities);
    const stranger = await emovox.analyze(sound, {
      evidence: true,
      onRevised: () => assert.fail('there is nobody to know'),
    });
    assert.deepEqual(live[0], stranger.segments[0]);
    const told = await emovox.judge(stranger, { speaker });
    assertClose(verdict(told), verdict(result), 1e-6);
    const { adaptation, ...without } = verdict(await emovox.judge(told));
    assert.deepEqual([adaptation, without], [undefined, verdict(stranger)]);

    const other = await emovox.speaker();
    assert.deepEqual(await other.hear(stranger), result.adaptation);
    assertClose(verdict(await emovox.judge(stranger, { speaker: other })), verdict(result), 1e-4);
    const more = await other.hear(await emovox.analyze(wav, { evidence: true }));
    assert.ok(more.seconds > 35 && more.weight > (result.adaptation?.weight ?? 1));
    assert.notDeepEqual((await emovox.judge(stranger, { speaker: other })).probabilities, result.probabilities);
    await other.close();
    await assert.rejects(other.hear(stranger), withCode('closed'));
    await assert.rejects(emovox.judge(stranger, { speaker: other }), withCode('closed'));
  });

  test('the recipe: everything again whenever something was heard', async () => {
    const recipes = readFileSync(new URL('../../web/lib/RECIPES.md', import.meta.url), 'utf8');
    const [, code] = recipes.split('\n## Judging again\n')[1].match(/```js\n(.*?)```/s) ?? [];
    const program = `export default async (emovox) => {\n${code}\nreturn add;\n};`;
    const { default: make } = await import(`data:text/javascript,${encodeURIComponent(program)}`);
    const add = await make(emovox);
    const [alone] = await add(wav);
    const [first, second] = await add(sound);
    assert.deepEqual(first.adaptation, second.adaptation);
    assert.notDeepEqual(first.probabilities, alone.probabilities);
    assert.equal(first.duration, alone.duration);
  });

  test('by a speaker of whom nothing is known, says what is said of a stranger', async () => {
    for (const name of ['03-01-02-01-02-01-07.flac', '03-01-04-02-01-01-12.flac', 'IC0_sadness_3.opus']) {
      const stranger = await emovox.analyze(new URL(`speech/${name}`, data), { evidence: true });
      const { adaptation, ...judged } = await emovox.judge(stranger, { speaker: await emovox.speaker() });
      assert.deepEqual(adaptation, { seconds: 0, weight: 0 });
      assertClose(verdict(judged), verdict(stranger), 1e-6, name);
    }
  });

  test('does not wait for analyses under way', async () => {
    const heard = await emovox.analyze(wav, { evidence: true });
    const stop = new AbortController();
    const endless = (async function* () {
      for (;;) yield angry.samples;
    })();
    const running = emovox.analyze(endless, { sampleRate: 16000, signal: stop.signal });
    assert.equal((await emovox.judge(heard)).emotion, 'angry');
    stop.abort();
    await assert.rejects(running, withCode('aborted'));
  });

  test('what cannot be judged is refused by its code', async () => {
    const heard = await emovox.analyze(wav, { evidence: true });
    const other = await Emovox.create({ model: tiny });
    const { evidence, ...without } = heard;
    /** @type {[Emovox, any, any, string][]} */
    const cases = [
      [emovox, await emovox.analyze(wav), {}, 'evidence-missing'],
      [emovox, without, {}, 'evidence-missing'],
      [other, heard, {}, 'evidence-model'],
      [emovox, undefined, {}, 'bad-input'],
      [emovox, { ...heard, segments: 7 }, {}, 'bad-input'],
      [emovox, heard, { prior: 'odd' }, 'bad-option'],
      [emovox, heard, { hop: 1 }, 'bad-option'],
      [emovox, heard, { speaker: {} }, 'bad-input'],
      [emovox, heard, { speaker: await other.speaker() }, 'closed'],
    ];
    for (const [i, [who, result, options, code]] of cases.entries()) {
      await assert.rejects(who.judge(result, options), withCode(code), `case ${i}`);
    }
    const speaker = await emovox.speaker();
    await assert.rejects(speaker.hear(without), withCode('evidence-missing'));
    await assert.rejects((await other.speaker()).hear(heard), withCode('evidence-model'));
    await other.close();
    await assert.rejects(other.judge(heard), withCode('closed'));
  });
});

describe('control', () => {
  const hours = { sampleRate: 16000 };
  /** Half an hour. */
  const much = new Float32Array(16000 * 1800);
  before(() => {
    for (let at = 0; at + angry.samples.length <= much.length; at += angry.samples.length) much.set(angry.samples, at);
  });

  test('other work goes on meanwhile, and a signal stops an analysis within a moment', async () => {
    const stop = new AbortController();
    let ticks = 0;
    let last = performance.now();
    let longest = 0;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      if (++ticks === 10) stop.abort(new Error('enough'));
    }, 5);
    const error = await emovox.analyze(much, { ...hours, signal: stop.signal }).catch((thrown) => thrown);
    clearInterval(timer);
    assert.ok(withCode('aborted')(error));
    assert.equal(error.cause.message, 'enough');
    assert.equal(ticks, 10);
    assert.ok(longest < 1000, `${longest} ms`);
    await assert.rejects(emovox.analyze(wav, { signal: AbortSignal.abort() }), withCode('aborted'));
  });

  test('analyses queue up; one that is stopped lets the next one go on', async () => {
    const stop = new AbortController();
    /** @type {string[]} */ const order = [];
    const first = emovox.analyze(much, { ...hours, signal: stop.signal }).catch(() => order.push('first'));
    const second = emovox.analyze(wav).then(() => order.push('second'));
    setTimeout(() => stop.abort(), 30);
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first', 'second']);
  });

  test('leaving a stream stops it', async () => {
    for await (const segment of emovox.stream(much, hours)) {
      assert.equal(segment.start, 0);
      break;
    }
    assert.equal((await emovox.analyze(wav)).emotion, 'angry');
  });

  test('a source that waits for ever can be stopped', async () => {
    async function* silent() {
      yield angry.samples;
      await new Promise(() => {});
    }
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30); // unlike AbortSignal.timeout(), it keeps the process alive
    await assert.rejects(emovox.analyze(silent(), { ...hours, signal: stop.signal }), withCode('aborted'));
  });

  test('close() ends what is under way, then everything says so', async () => {
    const other = await Emovox.create();
    const speaker = await other.speaker();
    const running = other.analyze(much, hours);
    const waiting = other.analyze(wav);
    setTimeout(() => other.close(), 30);
    await assert.rejects(running, withCode('closed'));
    await assert.rejects(waiting, withCode('closed'));
    await assert.rejects(other.analyze(wav), withCode('closed'));
    await assert.rejects(other.speaker(), withCode('closed'));
    await assert.rejects(speaker.save(), withCode('closed'));
    await speaker.close();
    await other[Symbol.asyncDispose]();
  });
});

describe('create()', () => {
  test('takes a model as name, URL or bytes, and files from another folder', async () => {
    const lib = new URL('../../dist/lib/', import.meta.url);
    for (const [options, name] of /** @type {[any, string][]} */ ([
      [{ model: tiny }, 'tiny'],
      [{ model: readFileSync(tiny) }, 'tiny'],
      [{ baseUrl: lib }, 'small'],
      [{ baseUrl: fileURLToPath(lib) }, 'small'],
    ])) {
      const other = await Emovox.create(options);
      assert.equal(other.model.name, name);
      await other.close();
    }
  });

  test('says what is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emovox-node-'));
    try {
      await assert.rejects(Emovox.create({ baseUrl: folder }), withCode('wasm-load'));
      writeFileSync(join(folder, 'emovox.wasm'), readFileSync(new URL('../../dist/lib/emovox.wasm', import.meta.url)));
      await assert.rejects(Emovox.create({ baseUrl: pathToFileURL(folder) }), withCode('model-load'));
      writeFileSync(join(folder, 'emovox.wasm'), 'nonsense');
      await assert.rejects(Emovox.create({ baseUrl: folder }), withCode('wasm-load'));
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.ok(!existsSync(folder));
    await assert.rejects(Emovox.create({ model: /** @type {any} */ ('medium') }), withCode('bad-input'));
    await assert.rejects(Emovox.create({ model: new Uint8Array(9) }), withCode('model-invalid'));
    await assert.rejects(Emovox.create({ signal: AbortSignal.abort() }), withCode('aborted'));
  });
});
