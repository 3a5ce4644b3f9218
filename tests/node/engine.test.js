// SPDX-License-Identifier: MIT
//
// The engine in Node, on real speech: the WebAssembly build says what the native one says, however the audio arrives.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../web/lib/engine.js';
import { addMessages, EmovoxError } from '../../web/lib/errors.js';
import { heardOf, judgedAgain, resultOf } from '../../web/lib/judging.js';
import { messages } from '../../web/lib/messages.js';
import { makeWav, readWav, resample } from './audio.js';
import { nativeFeatures } from './native.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wasm = readFileSync(join(root, 'build/wasm/emovox.wasm'));
const data = join(root, 'tests/data');
/** The released model, and a tiny one with transformer blocks and random weights (model/train/golden.py). */
const modelPaths = {
  small: join(root, 'model/emovox-small.safetensors'),
  tiny: join(data, 'golden/tiny.safetensors'),
};
const modelFile = readFileSync(modelPaths.small);
const clips = readdirSync(data, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.wav'))
  .map((name) => join(data, name))
  .filter((path) => nativeResult(path).error === undefined);
const angry = readWav(join(data, 'formats/angry.wav'));

/** Native and WebAssembly, and any two ways to cut a recording into blocks, agree to this. */
const tolerance = 1e-4;

/** @type {Engine} */ let engine;
/** @type {import('../../web/lib/engine.js').Model} */ let model;

before(async () => {
  addMessages(messages); // as the library does
  engine = await Engine.load(wasm);
  model = engine.openModel(modelFile);
});

/**
 * What the native build says, in the shape that the engine gives it.
 * @param {string[]} paths
 * @param {string} modelPath
 * @param {string[]} [options]
 */
function nativeResults(paths, modelPath, options = []) {
  const args = ['analyze', '--json', '--salience', '--model', modelPath, ...options, ...paths];
  let text;
  try {
    text = execFileSync(join(root, 'build/native/emovox'), args, { stdio: 'pipe' });
  } catch (error) {
    text = error.stdout;
  }
  const lines = String(text).trim().split('\n');
  return lines.map((line) => {
    const { file, model, salience_seconds, derived, ...result } = JSON.parse(line);
    const segments = result.segments?.map(({ derived, ...segment }) => ({ ...segment, ...derived }));
    return { ...result, ...derived, segments };
  });
}

/**
 * @param {string} path
 * @param {string} [modelPath]
 */
function nativeResult(path, modelPath = modelPaths.small) {
  return nativeResults([path], modelPath)[0];
}

/**
 * @param {{sampleRate: number, samples: Float32Array, channels?: number}} audio
 * @param {number} [chunk] values per push
 * @param {import('../../web/lib/engine.js').Model} [using]
 * @param {Partial<import('../../web/lib/engine.js').AnalyzerOptions>} [how]
 */
function analyze({ sampleRate, samples, channels }, chunk = samples.length, using = model, how = {}) {
  const analyzer = using.openAnalyzer({ sampleRate, channels, ...how });
  try {
    for (let at = 0; at < samples.length; at += chunk) analyzer.push(samples.subarray(at, at + chunk));
    const { schema, engine, ...result } = analyzer.result();
    return result;
  } finally {
    analyzer.close();
  }
}

/**
 * @param {any} result
 * @param {import('../../web/lib/engine.js').Model} using
 * @param {Parameters<import('../../web/lib/engine.js').Model['judge']>[1]} [how]
 */
function judge(result, using, how = {}) {
  return resultOf(result, using.judge(heardOf(result, using.info), how), using.info);
}

/** Without evidence, as by default. @param {any} result */
function plain({ evidence, segments, ...rest }) {
  return { ...rest, segments: segments.map(({ evidence: _, ...segment }) => segment) };
}

/** Asserts that two values are alike, numbers within the tolerance. */
function assertClose(actual, expected, at = 'result', within = tolerance) {
  if (typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= within, `${at}: ${actual} is not ${expected} within ${within}`);
  } else if (typeof expected === 'object') {
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), at);
    for (const key of Object.keys(expected)) assertClose(actual[key], expected[key], `${at}.${key}`, within);
  } else {
    assert.equal(actual, expected, at);
  }
}

/** @param {string} code */
const withCode = (code) => (error) => {
  assert.ok(error instanceof EmovoxError, String(error));
  assert.equal(error.code, code);
  assert.ok(error.message.length > 15, `the message says what to do: ${error.message}`);
  return true;
};

/** @param {Float32Array} samples */
const twice = (samples) => Float32Array.of(...samples, ...samples);

/** @param {number} seconds */
const silence = (seconds) => ({ sampleRate: 16000, samples: new Float32Array(16000 * seconds) });

describe('verdicts', () => {
  test('there are clips to test with', () => assert.ok(clips.length > 0));

  for (const path of clips) {
    test(`as the native build: ${path.slice(data.length + 1)}`, () => {
      assertClose(analyze(readWav(path)), nativeResult(path));
    });
    test(`as the native build, with transformer blocks: ${path.slice(data.length + 1)}`, () => {
      const tiny = engine.openModel(readFileSync(modelPaths.tiny));
      assert.equal(tiny.info.name, 'tiny');
      assertClose(analyze(readWav(path), undefined, tiny), nativeResult(path, modelPaths.tiny));
      tiny.close();
    });
  }

  for (const chunk of [1, 160, 4096]) {
    test(`the same in blocks of ${chunk}`, () => assertClose(analyze(angry, chunk), analyze(angry)));
  }

  test('two equal channels are one', () => {
    const samples = Float32Array.from({ length: angry.samples.length * 2 }, (_, i) => angry.samples[i >> 1]);
    assertClose(analyze({ ...angry, samples, channels: 2 }), analyze(angry));
    assertClose(analyze({ ...angry, samples, channels: 2 }, 4096), analyze(angry));
  });

  test('the level does not matter', () => {
    const samples = angry.samples.map((value) => value / 16);
    assertClose(analyze({ ...angry, samples }).probabilities, analyze(angry).probabilities);
  });

  // 44.1 and 48 kHz hold all that 16 kHz held. 8 kHz lacks what lies above 4 kHz, as a telephone does.
  for (const [sampleRate, within] of [
    [44100, 0.01],
    [48000, 0.01],
    [8000, 0.2],
  ]) {
    test(`a copy at ${sampleRate} Hz: same emotion, probabilities within ${within}`, () => {
      const expected = analyze(angry);
      const actual = analyze({ sampleRate, samples: resample(angry.samples, angry.sampleRate, sampleRate) });
      assert.equal(actual.emotion, expected.emotion);
      assertClose(actual.probabilities, expected.probabilities, 'probabilities', within);
    });
  }

  test('silence is no speech', () => {
    const result = analyze(silence(5));
    assert.equal(result.emotion, 'no speech');
    assert.deepEqual([result.agreement, result.probability], [0, 0]);
    assert.ok(result.segments.every((segment) => segment.label === 'no speech'));
    for (const { intensity, valence, arousal, salience } of [{ ...result, salience: [] }, ...result.segments]) {
      assert.deepEqual([intensity, valence, arousal, salience], [0, 0, 0, []]);
    }
  });

  test('votes add up, agreement is their share, also under its old name, and probability the mean', () => {
    const { votes, emotion, agreement, confidence, probability, probabilities } = analyze(angry);
    const all = Object.values(votes).reduce((sum, n) => sum + n, 0);
    assert.ok(all > 0);
    assertClose(agreement, votes[emotion] / all);
    assert.equal(confidence, agreement);
    assertClose(probability, probabilities[emotion]);
  });

  test('intensity, valence and arousal are means; salience covers the segment and sums to 1', () => {
    const result = analyze({ sampleRate: 16000, samples: twice(angry.samples) });
    const voting = result.segments.filter(({ label }) => label !== 'no speech');
    assert.ok(voting.length > 2);
    for (const key of ['intensity', 'valence', 'arousal']) {
      assertClose(result[key], voting.reduce((sum, segment) => sum + segment[key], 0) / voting.length, key);
    }
    assert.ok(result.intensity > 0 && result.intensity < 1);
    assert.ok(result.arousal > 0, 'angry speech is excited');
    assert.ok(result.valence < 0, 'and unpleasant');
    for (const { start, end, salience } of voting) {
      assert.ok(Array.isArray(salience));
      assertClose(salience.length * model.info.salienceSeconds, end - start, 'salience', 0.05);
      assertClose(
        salience.reduce((sum, weight) => sum + weight, 0),
        1,
      );
    }
  });

  test('segments arrive while the audio does, and peek tells the verdict so far', () => {
    const seen = [];
    const analyzer = model.openAnalyzer({ sampleRate: 16000, onSegment: (segment) => seen.push(segment) });
    assert.equal(analyzer.peek().emotion, 'no speech');
    for (let i = 0; i < 3; i++) analyzer.push(angry.samples);
    assert.ok(seen.length >= 4, `${seen.length} segments after 10 s`);
    const so = analyzer.peek();
    assert.equal(Object.values(so.votes).reduce((sum, n) => sum + n, 0) > 0, true);
    analyzer.finish();
    assert.deepEqual(analyzer.segments, []); // nobody keeps them twice
    assertClose(seen[1].start - seen[0].start, model.info.hopSeconds);
    assertClose(seen[0].end - seen[0].start, model.info.sequenceSeconds);
    analyzer.close();
  });

  test('reset forgets', () => {
    const analyzer = model.openAnalyzer({ sampleRate: 16000 });
    analyzer.push(silence(3).samples);
    analyzer.reset();
    analyzer.push(angry.samples);
    assertClose({ ...analyze(angry), ...analyzer.finish(), segments: analyzer.segments }, analyze(angry));
    analyzer.close();
  });

  test('two recordings at once do not mix', () => {
    const [one, two] = [model.openAnalyzer({ sampleRate: 16000 }), model.openAnalyzer({ sampleRate: 16000 })];
    for (let at = 0; at < angry.samples.length; at += 4096) {
      one.push(angry.samples.subarray(at, at + 4096));
      two.push(new Float32Array(4096));
    }
    assertClose({ ...analyze(angry), ...one.finish(), segments: one.segments }, analyze(angry));
    assert.equal(two.finish().emotion, 'no speech');
    one.close();
    two.close();
  });
});

describe('a speaker', () => {
  /** To this one any speech is diverse. @type {import('../../web/lib/engine.js').Model} */ let tiny;
  /** @type {import('../../web/lib/engine.js').Speaker} */ let speaker;
  before(() => {
    tiny = engine.openModel(readFileSync(modelPaths.tiny));
  });
  beforeEach(() => {
    speaker = tiny.openSpeaker();
  });
  afterEach(() => speaker.close());

  test('a session and a profile as the native build has them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'emovox-engine-'));
    const profile = join(folder, 'profile');
    // As it is, slow and deep, and for longer.
    const session = [angry, { ...angry, sampleRate: 12000 }, { ...angry, samples: twice(angry.samples) }];
    const paths = session.map(({ samples, sampleRate }, i) => {
      const path = join(folder, `${i}.wav`);
      writeFileSync(path, makeWav(samples, sampleRate));
      return path;
    });
    try {
      const native = nativeResults(paths, modelPaths.tiny, ['--speaker', profile]);
      const heard = session.map((audio) => analyze(audio, 4096, tiny, { speaker, evidence: true }));
      for (const [i, result] of heard.entries()) {
        assertClose(plain(judge(result, tiny, { speaker })), native[i], `recording ${i}`);
      }
      assert.ok(speaker.adaptation.weight > 0.1);

      const restored = tiny.openSpeaker(readFileSync(profile)); // each reads the other's
      writeFileSync(profile, speaker.save());
      const [next] = nativeResults([paths[1]], modelPaths.tiny, ['--speaker', profile]);
      assertClose(analyze(session[1], undefined, tiny, { speaker: restored }), next);
      restored.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a new one changes nothing at first; at the end, all is judged by what was heard', () => {
    /** @type {any[]} */ const live = [];
    /** @type {Float64Array[]} */ const revised = [];
    const onSegment = (/** @type {any} */ segment) => live.push(segment);
    const onRevised = (/** @type {Float64Array} */ values) => revised.push(values);
    const longer = { ...angry, samples: twice(angry.samples) };
    const stranger = analyze(longer, undefined, tiny, { evidence: true });
    const own = analyze(longer, undefined, tiny, { speaker, evidence: true });
    const again = tiny.openSpeaker();
    const { segments, ...summary } = analyze(longer, undefined, tiny, { speaker: again, onSegment, onRevised });
    again.close();
    assert.deepEqual(live[0], plain(stranger).segments[0], 'nobody is known yet');
    assert.notDeepEqual(live[1].probabilities, stranger.segments[1].probabilities);
    assert.equal(revised.length, 1);
    const { evidence, segments: last, ...verdict } = own;
    assert.deepEqual([segments, summary], [[], verdict]);
    assert.deepEqual(judgedAgain(live, revised[0], tiny.info.labels), plain(own).segments);
    assert.notDeepEqual(last[0].probabilities, stranger.segments[0].probabilities);
    assert.deepEqual(judge(stranger, tiny, { speaker }), own, 'as if it had been known all the time');
  });

  test('an enrolled one is known', () => {
    const stranger = analyze(angry, undefined, tiny);
    const { adaptation: enrolled } = analyze(angry, undefined, tiny, { speaker, enroll: true });
    assert.ok(enrolled && enrolled.weight > 0);
    assertClose(enrolled.seconds, angry.samples.length / angry.sampleRate);
    const known = analyze(angry, undefined, tiny, { speaker });
    assert.notDeepEqual(known.probabilities, stranger.probabilities);
  });

  test('hears what was heard without it', () => {
    const result = analyze({ ...angry, samples: twice(angry.samples) }, undefined, tiny, { evidence: true });
    const own = tiny.openSpeaker();
    analyze({ ...angry, samples: twice(angry.samples) }, undefined, tiny, { speaker: own });
    assert.deepEqual(speaker.hear(heardOf(result, tiny.info)), own.adaptation);
    assertClose(judge(result, tiny, { speaker }), judge(result, tiny, { speaker: own }));
    own.close();
  });

  test('a profile brings everything back', () => {
    analyze(angry, undefined, tiny, { speaker, enroll: true });
    const profile = speaker.save();
    const again = tiny.openSpeaker(profile);
    assert.deepEqual(again.save(), profile);
    const heard = analyze(angry, undefined, tiny, { evidence: true });
    assertClose(judge(heard, tiny, { speaker: again }), judge(heard, tiny, { speaker }), 'judged', 1e-6);
    assert.notDeepEqual(judge(heard, tiny, { speaker: again }).probabilities, heard.probabilities);
    again.close();
  });

  test('closed in the middle of a recording, it lasts until its end', () => {
    const mine = tiny.openSpeaker();
    const analyzer = tiny.openAnalyzer({ sampleRate: 16000, speaker: mine });
    mine.close();
    analyzer.push(angry.samples);
    analyzer.finish();
    assert.ok(mine.pointer);
    analyzer.close();
    assert.equal(mine.pointer, 0);
  });

  test('profile-invalid, profile-model and profile-version', () => {
    const profile = speaker.save();
    assert.throws(() => model.openSpeaker(profile), withCode('profile-model'));
    const older = profile.slice();
    older[8] = 1;
    assert.throws(() => tiny.openSpeaker(older), withCode('profile-version'));
    profile[40] ^= 1;
    for (const bytes of [profile, profile.subarray(0, 9), new Uint8Array(0), modelFile]) {
      assert.throws(() => tiny.openSpeaker(bytes), withCode('profile-invalid'));
    }
  });

  test('bad-input: of another model, or none to enroll', () => {
    assert.throws(() => analyze(angry, undefined, model, { speaker }), withCode('bad-input'));
    assert.throws(() => analyze(angry, undefined, model, { enroll: true }), withCode('bad-input'));
  });

  test('100 of them leave no trace', () => {
    analyze(angry, undefined, tiny, { speaker });
    const profile = speaker.save();
    const bytes = engine.memoryBytes;
    for (let i = 0; i < 100; i++) {
      tiny.openSpeaker(profile).close();
      assert.throws(() => tiny.openSpeaker(profile.subarray(1)));
      speaker.save();
    }
    assert.equal(engine.memoryBytes, bytes);
    assert.equal(speaker.users, 0);
  });
});

describe('evidence', () => {
  /** @type {import('../../web/lib/judging.js').Judging[]} */
  const lights = [
    {},
    { prior: 'even' },
    { prior: { neutral: 2, sad: 0.5, calm: 0 } },
    { labels: ['neutral', 'happy', 'sad', 'angry'] },
    { labels: ['sad', 'angry'], prior: { angry: 0 } },
    { threshold: 0.9 },
    { threshold: 0, prior: 'even', labels: ['calm', 'surprised'] },
  ];
  const args = (/** @type {import('../../web/lib/judging.js').Judging} */ { prior, labels, threshold }) => [
    ...(prior
      ? ['--prior', typeof prior === 'string' ? prior : `${Object.entries(prior).map((one) => one.join('='))}`]
      : []),
    ...(labels ? ['--labels', labels.join()] : []),
    ...(threshold === undefined ? [] : ['--threshold', String(threshold)]),
  ];
  const audio = { ...angry, samples: twice(angry.samples) };

  test('judged again it says what an analysis says, which is what the native build says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'emovox-engine-'));
    try {
      const path = join(folder, 'twice.wav');
      writeFileSync(path, makeWav(audio.samples, audio.sampleRate));
      const heard = analyze(readWav(path), 4096, model, { evidence: true });
      const before = structuredClone(heard);
      for (const how of lights) {
        const expected = analyze(readWav(path), 4096, model, { ...how, evidence: true });
        assert.deepEqual(judge(heard, model, how), expected);
        assertClose(plain(expected), nativeResults([path], modelPaths.small, args(how))[0], JSON.stringify(how));
      }
      assert.deepEqual(heard, before, 'what is judged stays as it is');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is what the native build writes, of the same model', () => {
    const [native] = nativeResults([join(data, 'formats/angry.wav')], modelPaths.small, ['--evidence']);
    assertClose(analyze(angry, undefined, model, { evidence: true }), native);
    assertClose(
      judge(native, model, { prior: 'even' }),
      analyze(angry, undefined, model, { prior: 'even', evidence: true }),
    );
  });

  test('the prior told adds up to 1, over the labels allowed', () => {
    for (const how of lights) {
      const { prior, probabilities } = analyze(angry, undefined, model, how);
      assert.deepEqual(Object.keys(prior), model.info.labels);
      assertClose(
        Object.values(prior).reduce((sum, share) => sum + share, 0),
        1,
      );
      for (const label of model.info.labels) {
        if (how.labels && !how.labels.includes(label)) assert.deepEqual([prior[label], probabilities[label]], [0, 0]);
      }
    }
    assert.equal(analyze(angry, undefined, model, { prior: 'even' }).prior.sad, 1 / model.info.labels.length);
    const { prior } = analyze(angry, undefined, model, { prior: { neutral: 2, sad: 0.5 } });
    assertClose([prior.neutral, prior.sad, prior.calm], [2 / 8.5, 0.5 / 8.5, 1 / 8.5]);
  });

  test('of silence there is none, and it is judged all the same', () => {
    const quiet = analyze(silence(5), undefined, model, { evidence: true });
    assert.ok(quiet.segments.every((segment) => !('evidence' in segment)));
    assert.deepEqual(judge(quiet, model, { prior: 'even' }), { ...quiet, prior: model.prior({ prior: 'even' }) });
  });

  test('refused: none, that of another model, what is damaged', () => {
    const good = analyze(audio, undefined, model, { evidence: true });
    const [first, ...rest] = good.segments;
    const withFirst = (/** @type {object} */ change) => ({ ...good, segments: [{ ...first, ...change }, ...rest] });
    const numbers = /** @type {number[]} */ (first.evidence);
    /** @type {[unknown, string][]} */
    const cases = [
      [analyze(audio), 'evidence-missing'],
      [withFirst({ evidence: undefined }), 'evidence-missing'],
      [{ ...good, evidence: { model: '0123456789abcdef' } }, 'evidence-model'],
      [withFirst({ evidence: numbers.slice(1) }), 'bad-input'],
      [withFirst({ evidence: numbers.map(() => Number.NaN) }), 'bad-input'],
      [withFirst({ evidence: numbers.map(() => 1e7) }), 'bad-input'],
      [withFirst({ start: null }), 'bad-input'],
      [withFirst({ label: undefined }), 'bad-input'],
      [{ ...good, segments: [null] }, 'bad-input'],
      [{ ...good, duration: '3' }, 'bad-input'],
      [null, 'bad-input'],
      ['result', 'bad-input'],
    ];
    const bytes = engine.memoryBytes;
    for (const [result, code] of cases)
      assert.throws(() => judge(result, model), withCode(code), JSON.stringify(result));
    assert.equal(engine.memoryBytes, bytes);
    const backwards = withFirst({ end: first.start });
    assert.throws(() => model.openSpeaker().hear(heardOf(backwards, model.info)), withCode('bad-input'));
  });

  test('an hour of it takes milliseconds, and a thousand judgements leave no trace', () => {
    const { segments, ...rest } = analyze(audio, undefined, model, { evidence: true });
    const hour = {
      ...rest,
      duration: 3600,
      segments: Array.from({ length: 1799 }, (_, i) => ({ ...segments[i % 2], start: 2 * i, end: 2 * i + 4 })),
    };
    const speaker = model.openSpeaker();
    speaker.hear(heardOf(hour, model.info));
    let least = Infinity;
    for (let i = 0; i < 10; i++) {
      const started = performance.now();
      const judged = judge(hour, model, { speaker, prior: 'even' });
      least = Math.min(least, performance.now() - started);
      assert.equal(judged.segments.length, 1799);
    }
    assert.ok(least < 20, `${least} ms`);
    const bytes = engine.memoryBytes;
    const one = analyze(angry, undefined, model, { evidence: true });
    for (let i = 0; i < 1000; i++) judge(one, model, { speaker });
    assert.equal(engine.memoryBytes, bytes);
    speaker.close();
  });
});

describe('hop and threshold', () => {
  test('as the native build', () => {
    const path = join(data, 'formats/angry.wav');
    const { sampleRate, samples } = angry;
    const folder = mkdtempSync(join(tmpdir(), 'emovox-engine-'));
    const longer = join(folder, 'twice.wav');
    writeFileSync(longer, makeWav(twice(samples), sampleRate));
    try {
      for (const [hop, threshold] of [
        [0.25, 0],
        [1.5, 0.9],
      ]) {
        const native = nativeResults([path, longer], modelPaths.small, ['--hop', hop, '--threshold', threshold]);
        assertClose(analyze(angry, 4096, model, { hop, threshold }), native[0]);
        assertClose(analyze(readWav(longer), 4096, model, { hop, threshold }), native[1]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the defaults are the model’s, which it tells', () => {
    const { hopSeconds: hop, threshold } = model.info;
    assert.ok(threshold > 0 && threshold < 1);
    assert.deepEqual(analyze(angry, undefined, model, { hop, threshold }), analyze(angry));
  });

  for (const how of [
    { hop: NaN },
    { hop: 0.2 },
    { hop: 5 },
    { threshold: NaN },
    { threshold: 1.5 },
    { prior: { sad: -1 } },
    { prior: { sad: NaN } },
    { labels: ['sad'] },
    { labels: ['sad', 'angry'], prior: { sad: 0, angry: 0 } },
  ]) {
    test(`bad-input: ${JSON.stringify(how)}`, () => {
      assert.throws(() => analyze(angry, undefined, model, how), withCode('bad-input'));
    });
  }
});

describe('log-mel', () => {
  /** @param {{sampleRate: number, samples: Float32Array, channels?: number}} audio @param {number} [chunk] */
  function logMel({ samples, ...options }, chunk = samples.length) {
    const front = engine.openLogMel(options);
    try {
      for (let at = 0; at < samples.length; at += chunk) front.push(samples.subarray(at, at + chunk));
      return front.result();
    } finally {
      front.close();
    }
  }

  test('as the native build, at any rate and however it is cut', () => {
    for (const path of clips) {
      const [{ frames, values }] = nativeFeatures([path]);
      for (const chunk of [1000, 1e6]) {
        const actual = logMel(readWav(path), chunk);
        assert.deepEqual([actual.bands, actual.frames, actual.hopSeconds, actual.start], [80, frames, 0.01, 0]);
        assert.equal(actual.values.length, 80 * frames);
        assertClose([...actual.values], [...values]);
      }
    }
  });

  test('of half a minute, more than is gathered at a time', () => {
    const samples = new Float32Array(16000 * 31);
    samples.set(angry.samples, 16000 * 27);
    const { frames, values } = logMel({ sampleRate: 16000, samples }, 4096);
    assert.equal(frames, 3101);
    assertClose([...values.subarray(80 * 2710, 80 * 3000)], [...logMel(angry).values.subarray(80 * 10, 80 * 300)]);
    assert.ok(values.subarray(0, 80 * 2690).every((value) => Math.abs(value + 14) < 1e-5));
  });

  test('its errors, and no trace of a hundred', () => {
    const none = new Float32Array(0);
    assert.throws(() => logMel({ sampleRate: 16000, samples: none }), withCode('empty'));
    assert.throws(() => logMel({ sampleRate: 16000, samples: Float32Array.of(NaN) }), withCode('not-finite'));
    assert.throws(() => logMel({ sampleRate: 7999, samples: none }), withCode('sample-rate'));
    assert.throws(() => logMel({ sampleRate: 16000, channels: 0, samples: none }), withCode('bad-input'));
    logMel(angry);
    const bytes = engine.memoryBytes;
    for (let i = 0; i < 100; i++) {
      logMel({ sampleRate: 48000, channels: 2, samples: new Float32Array(2000) });
      assert.throws(() => logMel({ sampleRate: 1, samples: none }));
    }
    assert.equal(engine.memoryBytes, bytes);
    assert.equal(engine.logMels.size, 0);
  });
});

describe('errors', () => {
  test('empty', () => assert.throws(() => analyze(silence(0)), withCode('empty')));
  test('too-short', () => assert.throws(() => analyze(silence(0.2)), withCode('too-short')));
  for (const value of [NaN, Infinity, -Infinity]) {
    test(`not-finite: ${value}`, () => {
      const samples = angry.samples.slice();
      samples[1234] = value;
      assert.throws(() => analyze({ ...angry, samples }), withCode('not-finite'));
    });
  }
  for (const sampleRate of [0, -16000, 7999, 192001, 2 ** 32 + 16000, NaN, Infinity]) {
    test(`sample-rate: ${sampleRate}`, () => {
      assert.throws(() => analyze({ ...angry, sampleRate }), withCode('sample-rate'));
    });
  }
  for (const channels of [0, -1, 1.5, 33, 2 ** 32 + 1]) {
    test(`bad-input: ${channels} channels`, () => {
      assert.throws(() => analyze({ ...angry, channels }), withCode('bad-input'));
    });
  }
  test('bad-input: half a frame', () => {
    assert.throws(() => analyze({ ...angry, samples: new Float32Array(3), channels: 2 }), withCode('bad-input'));
  });
  test('aborted', () => {
    const analyzer = model.openAnalyzer({ sampleRate: 16000, onProgress: () => true });
    assert.throws(() => analyzer.push(silence(10).samples), withCode('aborted'));
    analyzer.close();
  });
  test('internal: push after finish', () => {
    const analyzer = model.openAnalyzer({ sampleRate: 16000 });
    analyzer.push(angry.samples);
    analyzer.finish();
    assert.throws(() => analyzer.push(angry.samples), withCode('internal'));
    analyzer.close();
  });
  test('wasm-load', () => assert.rejects(Engine.load(new Uint8Array(100)), withCode('wasm-load')));
  test('memory', async () => {
    const starved = await Engine.load(wasm);
    starved.exports = { ...starved.exports, malloc: () => 0 };
    assert.throws(() => starved.openModel(modelFile), withCode('memory'));
  });

  const header = (json) => {
    const text = Buffer.from(JSON.stringify(json));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([size, text]);
  };
  const invalid = {
    'nothing at all': new Uint8Array(0),
    'a web page': Buffer.from('<!doctype html><title>Not found</title>'),
    'cut in half': modelFile.subarray(0, modelFile.length >> 1),
    'one byte short': modelFile.subarray(0, -1),
    'a header without tensors': header({ __metadata__: { emovox: '{}' } }),
    'a huge header': Buffer.from('ffffffffffffff7f00', 'hex'),
  };
  for (const [name, bytes] of Object.entries(invalid)) {
    test(`model-invalid: ${name}`, () => assert.throws(() => engine.openModel(bytes), withCode('model-invalid')));
  }
});

describe('memory', () => {
  test('an hour needs no more than a minute', () => {
    const analyzer = model.openAnalyzer({ sampleRate: 16000 });
    const minute = silence(60).samples;
    analyzer.push(minute);
    const early = engine.memoryBytes;
    for (let i = 1; i < 60; i++) analyzer.push(minute);
    assert.equal(engine.memoryBytes, early);
    assert.equal(analyzer.finish().duration, 3600);
    analyzer.close();
  });

  test('100 analyzers, opened and closed, leave no trace', () => {
    analyze(angry);
    const bytes = engine.memoryBytes;
    for (let i = 0; i < 100; i++) {
      const analyzer = model.openAnalyzer({ sampleRate: 48000, channels: 2 });
      analyzer.push(new Float32Array(2000));
      analyzer.close();
    }
    assert.equal(engine.memoryBytes, bytes);
    assert.equal(engine.analyzers.size, 0);
  });

  test('100 models, opened and closed, leave no trace', async () => {
    const own = await Engine.load(wasm);
    own.openModel(modelFile).close();
    const bytes = own.memoryBytes;
    for (let i = 0; i < 100; i++) own.openModel(modelFile).close();
    assert.equal(own.memoryBytes, bytes);
  });

  test('failures leave no trace either', () => {
    const bytes = engine.memoryBytes;
    for (let i = 0; i < 100; i++) {
      assert.throws(() => engine.openModel(modelFile.subarray(0, -1)));
      assert.throws(() => model.openAnalyzer({ sampleRate: 1 }));
    }
    assert.equal(engine.memoryBytes, bytes);
  });
});
