// SPDX-License-Identifier: MIT
//
// The native command-line tool: what it prints, and what it says to bad input.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeWav, readWav } from './audio.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'build/native/emovox');
const data = join(root, 'tests/data');
const emotions = ['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised'];
const angry = readWav(join(data, 'formats/angry.wav'));

/** @type {string} */ let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'emovox-cli-'));
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string[]} args */
function emovox(...args) {
  const { status, stdout, stderr } = spawnSync(cli, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** @param {string[]} files */
function analyze(...files) {
  const { status, stdout } = emovox('analyze', '--json', ...files);
  return {
    status,
    results: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 * @returns {string} its path
 */
function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** @param {Record<string, number>} values */
const sum = (values) => Object.values(values).reduce((a, b) => a + b, 0);

describe('analyze --json', () => {
  test('a line holds everything, and its parts agree', () => {
    const path = join(data, 'speech/long.opus');
    const { status, results } = analyze(path);
    assert.equal(status, 0);
    const [r] = results;
    assert.equal(r.file, path);
    assert.ok(Math.abs(r.duration - 31.8) < 0.1);
    assert.deepEqual(Object.keys(r.votes), [...emotions, 'uncertain']);
    assert.deepEqual(Object.keys(r.probabilities), emotions);
    assert.equal(r.segments.length, 15);
    const voting = r.segments.filter((/** @type {any} */ s) => s.label !== 'no speech');
    assert.equal(sum(r.votes), voting.length);
    assert.equal(r.votes[r.emotion], Math.max(...Object.values(r.votes)));
    assert.ok(Math.abs(r.confidence - r.votes[r.emotion] / voting.length) < 1e-6);
    assert.ok(Math.abs(sum(r.probabilities) - 1) < 1e-4);
    assert.match(r.model, /^small \d+\.\d+\.\d+$/);
    const dimensions = (/** @type {any} */ s) => [s.intensity, s.derived.valence, s.derived.arousal];
    for (const [i, mean] of dimensions(r).entries()) {
      assert.ok(Math.abs(mean - sum(voting.map((/** @type {any} */ s) => dimensions(s)[i])) / voting.length) < 1e-5);
    }
    for (const [i, s] of r.segments.entries()) {
      assert.equal(s.salience, undefined);
      assert.ok(s.start >= i - 1 && s.end - s.start <= 4 && s.end <= r.duration);
      assert.ok(s.speech_ratio >= 0 && s.speech_ratio <= 1);
      if (s.label === 'no speech') continue;
      assert.ok(Math.abs(sum(s.probabilities) - 1) < 1e-4);
      assert.equal(s.confidence, Math.max(.../** @type {number[]} */ (Object.values(s.probabilities))));
      if (s.label !== 'uncertain') assert.equal(s.probabilities[s.label], s.confidence);
    }
  });

  test('--salience adds the weights of the moments', () => {
    const { results } = analyze('--salience', join(data, 'speech/long.opus'));
    assert.equal(results[0].salience_seconds, 0.04);
    for (const s of results[0].segments) {
      assert.equal(s.salience.length, s.label === 'no speech' ? 0 : 100);
      if (s.salience.length) assert.ok(Math.abs(sum(s.salience) - 1) < 1e-3);
    }
  });

  test('--hop and --threshold: more segments, and what counts as a vote', () => {
    const path = join(data, 'speech/long.opus');
    const [usual] = analyze(path).results;
    const [often] = analyze('--hop', '0.5', path).results;
    assert.equal(often.segments.length, 57);
    for (const segment of usual.segments.slice(0, -1)) {
      const same = often.segments.find((/** @type {any} */ s) => s.start === segment.start);
      assert.deepEqual(same, segment);
    }
    const [forced] = analyze('--threshold', '0', path).results;
    assert.equal(forced.votes.uncertain, 0);
    const [sure] = analyze('--threshold', '0.6', path).results;
    const below = usual.segments.filter((/** @type {any} */ s) => s.confidence < 0.6 && s.label !== 'no speech');
    assert.ok(below.length > 0);
    assert.equal(sure.votes.uncertain, below.length);
    assert.deepEqual(sure.probabilities, usual.probabilities);
  });

  test('every format gives the same emotion', () => {
    const { status, results } = analyze(
      ...['wav', 'flac', 'mp3', 'vorbis.ogg', 'opus.ogg'].map((extension) => join(data, `formats/angry.${extension}`)),
    );
    assert.equal(status, 0);
    for (const r of results) assert.equal(r.emotion, results[0].emotion, r.file);
  });

  test('silence is no speech', () => {
    const { status, results } = analyze(file('silence.wav', makeWav(new Float32Array(80000), 16000)));
    assert.equal(status, 0);
    assert.equal(results[0].emotion, 'no speech');
    assert.equal(results[0].confidence, 0);
    assert.equal(sum(results[0].votes), 0);
  });

  test('a language with a decimal comma changes nothing', () => {
    const args = ['analyze', '--json', '--hop', '0.5', join(data, 'formats/angry.wav')];
    const env = { ...process.env, LC_ALL: 'de_DE.UTF-8', LOCPATH: join(root, 'build/native/locales') };
    assert.equal(
      spawnSync('printf', ['%.2f', '0,5'], { encoding: 'utf8', env }).stdout,
      '0,50',
      'the language is there',
    );
    assert.equal(spawnSync(cli, args, { encoding: 'utf8', env }).stdout, emovox(...args).stdout);
  });

  test('each bad file has its own code, and the good ones are still done', () => {
    const wav = makeWav(angry.samples, 16000);
    const nan = Buffer.from(makeWav(angry.samples, 16000));
    nan.writeUInt16LE(3, 20); // IEEE float
    nan.writeUInt32LE(64000, 28);
    nan.writeUInt16LE(4, 32);
    nan.writeUInt16LE(32, 34);
    nan.fill(0xff, 60, 64);
    const flac = readFileSync(join(data, 'formats/angry.flac'));
    const long = file('long.wav', wav);
    truncateSync(long, 2 ** 32 + 9); // longer than its kind can be; nothing is written
    /** @type {[string, string][]} */
    const cases = [
      [join(folder, 'nowhere.wav'), 'unreadable'],
      [folder, 'empty'],
      [file('nothing.wav', new Uint8Array()), 'empty'],
      [file('no-samples.wav', makeWav(new Float32Array(), 16000)), 'empty'],
      [file('text.wav', Buffer.from('not audio at all, just a line of text')), 'undecodable'],
      [file('cut.wav', wav.subarray(0, 30000)), 'undecodable'],
      [file('header.wav', wav.subarray(0, 30)), 'undecodable'],
      [long, 'undecodable'],
      [file('cut.flac', flac.subarray(0, flac.length >> 1)), 'undecodable'],
      [file('short.wav', makeWav(angry.samples.slice(0, 7000), 16000)), 'too-short'],
      [file('slow.wav', makeWav(angry.samples, 4000)), 'sample-rate'],
      [file('fast.wav', makeWav(angry.samples, 384000)), 'sample-rate'],
      [file('nan.wav', nan), 'not-finite'],
    ];
    const good = file('good.wav', wav);
    const { status, results } = analyze(...cases.map(([path]) => path), good);
    assert.equal(status, 1);
    assert.equal(results.length, cases.length + 1);
    for (const [i, [path, code]] of cases.entries()) {
      assert.equal(results[i].file, path);
      assert.equal(results[i].error?.code, code, path);
      assert.ok(results[i].error.message.length > 20);
    }
    assert.ok(emotions.includes(results.at(-1).emotion));
    const texts = new Set(results.slice(0, -1).map((r) => `${r.error.code} ${r.error.message}`));
    assert.ok(texts.size >= 8, 'messages tell the cases apart');
  });
});

describe('a speaker', () => {
  /** To this one any speech is diverse (model/train/golden.py). */
  const tiny = ['--model', join(data, 'golden/tiny.safetensors')];
  const [long, anger, sadness] = ['long.opus', 'EB0_anger_1.opus', 'IC0_sadness_3.opus'].map((name) =>
    join(data, 'speech', name),
  );
  const verdicts = (/** @type {any[]} */ results) => results.map(({ adaptation, ...result }) => result);

  test('--same-speaker adapts from file to file, in their order; without it every file stands alone', () => {
    const alone = analyze(...tiny, long, anger).results;
    assert.deepEqual(
      alone,
      [long, anger].map((path) => analyze(...tiny, path).results[0]),
    );
    assert.equal(alone[0].adaptation, undefined);
    const { status, results } = analyze(...tiny, '--same-speaker', long, anger);
    assert.equal(status, 0);
    assert.deepEqual(results[0].segments[0], alone[0].segments[0], 'the first segment is a stranger');
    assert.notDeepEqual(results[0].segments[9].probabilities, alone[0].segments[9].probabilities);
    assert.notDeepEqual(results[1].probabilities, alone[1].probabilities);
    for (const [i, { adaptation }] of results.entries()) {
      const heard = results.slice(0, i + 1).reduce((sum, { duration }) => sum + duration, 0);
      assert.ok(Math.abs(adaptation.seconds - heard) < 0.5, `${adaptation.seconds} of ${heard} s`);
      assert.ok(adaptation.weight > 0.1 && adaptation.weight < 1);
    }
    const other = analyze(...tiny, '--same-speaker', anger, long).results;
    assert.deepEqual(verdicts([other[0]]), [alone[1]]);
  });

  test('--speaker goes on where the session before ended', () => {
    const profile = join(folder, 'session.profile');
    const together = analyze(...tiny, '--same-speaker', long, anger, sadness).results;
    const first = analyze(...tiny, '--speaker', profile, long).results;
    const second = analyze(...tiny, '--speaker', profile, anger, sadness).results;
    assert.deepEqual([...first, ...second], together);
    assert.ok(readFileSync(profile).length < 1000);
    assert.ok(!existsSync(`${profile}.tmp`));
  });

  test('a bad file fails, and the session goes on', () => {
    const profile = join(folder, 'bad.profile');
    const { status, results } = analyze(...tiny, '--speaker', profile, long, 'nowhere.wav', anger);
    assert.equal(status, 1);
    assert.equal(results[1].error.code, 'unreadable');
    const expected = analyze(...tiny, '--same-speaker', long, anger).results;
    assert.deepEqual([results[0], results[2]], expected);
    assert.deepEqual(
      analyze(...tiny, '--speaker', profile, sadness).results[0],
      analyze(...tiny, '--same-speaker', long, anger, sadness).results[2],
    );
  });

  test('enroll makes a profile that changes verdicts from the first segment on', () => {
    const profile = join(folder, 'enrolled.profile');
    const enrolled = emovox('enroll', '--speaker', profile, ...tiny, sadness, anger);
    assert.equal(enrolled.status, 0);
    assert.match(enrolled.stdout, /3\.\d s of speech added; verdicts are adapted by \d+ %\n10 s or more would/);
    const before = readFileSync(profile);
    const [stranger] = analyze(...tiny, long).results;
    const [known] = analyze(...tiny, '--speaker', profile, long).results;
    assert.notDeepEqual(known.segments[0].probabilities, stranger.segments[0].probabilities);
    assert.notDeepEqual(readFileSync(profile), before, 'what was heard is added');
    assert.equal(emovox('enroll', '--speaker', profile, ...tiny, long).stdout.match(/\n/g)?.length, 1);
    assert.match(emovox('analyze', ...tiny, '--speaker', profile, anger).stdout, /6\d\.\d s of the speaker known/);
  });

  test('the released model takes a profile, too', () => {
    const profile = join(folder, 'small.profile');
    assert.equal(emovox('enroll', '--speaker', profile, long).status, 0);
    const [{ adaptation }] = analyze('--speaker', profile, anger).results;
    assert.ok(adaptation.seconds > 30 && adaptation.weight > 0.3);
  });

  test('without speech nothing is learnt or written', () => {
    const profile = join(folder, 'silent.profile');
    const silence = file('quiet.wav', makeWav(new Float32Array(80000), 16000));
    const { status, stderr } = emovox('enroll', '--speaker', profile, silence);
    assert.equal(status, 1);
    assert.match(stderr, /no speech/);
    assert.ok(!existsSync(profile));
  });

  test('profiles that are damaged, of another model, or out of reach are refused and left alone', () => {
    const profile = join(folder, 'refused.profile');
    emovox('enroll', '--speaker', profile, ...tiny, long);
    const bytes = readFileSync(profile);
    const damaged = Buffer.from(bytes);
    damaged[50] ^= 1;
    /** @type {[string, string[], RegExp][]} */
    const cases = [
      [profile, [], /another model/],
      [file('damaged.profile', damaged), tiny, /damaged/],
      [file('cut.profile', bytes.subarray(0, 100)), tiny, /damaged/],
      [file('none.profile', new Uint8Array()), tiny, /damaged/],
      [folder, tiny, /cannot read .*director/],
    ];
    for (const [path, model, message] of cases) {
      const before = path === folder ? null : readFileSync(path);
      for (const command of ['analyze', 'enroll']) {
        const { status, stdout, stderr } = emovox(command, '--speaker', path, ...model, anger);
        assert.deepEqual([status, stdout], [1, ''], `${command} ${path}`);
        assert.match(stderr, message);
      }
      if (before) assert.deepEqual(readFileSync(path), before);
    }
    const nowhere = emovox('analyze', '--speaker', join(folder, 'no/such/folder'), anger);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /cannot write/);
  });
});

describe('usage', () => {
  test('help and version', () => {
    assert.match(emovox('--help').stdout, /usage: emovox analyze/);
    assert.match(
      emovox('analyze', '--help').stdout,
      /--json.*--salience.*--same-speaker.*--speaker PROFILE.*--model.*--hop.*--threshold.*enroll/s,
    );
    assert.match(emovox('--version').stdout, /^emovox \d+\.\d+\.\d+\n$/);
  });

  test('wrong usage exits 2 and says why', () => {
    for (const args of [[], ['sing'], ['analyze'], ['analyze', '--loud', 'x'], ['enroll', 'x'], ['features', 'x']]) {
      const { status, stderr } = emovox(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /usage|unknown/);
    }
  });

  test('numbers out of range exit 2 and are named', () => {
    for (const [option, text] of [
      ['--hop', '0.2'],
      ['--hop', '4.1'],
      ['--hop', 'nan'],
      ['--hop', '1s'],
      ['--threshold', '-0.1'],
      ['--threshold', '1.1'],
      ['--threshold', ''],
    ]) {
      const { status, stdout, stderr } = emovox('analyze', option, text, join(data, 'formats/angry.wav'));
      assert.deepEqual([status, stdout], [2, ''], `${option} ${text}`);
      assert.ok(stderr.includes(`${option} ${text}: use a number from`), stderr);
    }
  });

  test('without --json it speaks to people', () => {
    const { status, stdout } = emovox('analyze', join(data, 'formats/angry.wav'));
    assert.equal(status, 0);
    assert.match(stdout, /confidence 100 %: 1 segments? voted/);
    assert.match(stdout, /^ {2}intensity \d+ %$/m);
    assert.match(stdout, /0:00\.0 - {1,2}0:03\.4/);
  });

  test('a model by path; one that is missing or damaged is refused', () => {
    const model = readFileSync(join(root, 'model/emovox-small.safetensors'));
    const clip = join(data, 'formats/angry.wav');
    assert.equal(emovox('analyze', '--model', file('copy.safetensors', model), clip).status, 0);
    assert.match(emovox('analyze', '--model', 'nowhere', clip).stderr, /cannot read the model/);
    const named = { ...process.env, EMOVOX_MODEL_DIR: folder };
    file('emovox-large.safetensors', readFileSync(join(data, 'golden/tiny.safetensors')));
    const large = spawnSync(cli, ['analyze', '--json', '--model', 'large', clip], { encoding: 'utf8', env: named });
    assert.equal(JSON.parse(large.stdout).model, 'tiny 0.0.0');
    const cut = emovox('analyze', '--model', file('cut.safetensors', model.subarray(0, 1000)), clip);
    assert.equal(cut.status, 1);
    assert.match(cut.stderr, /cut short/);
  });
});

describe('features', () => {
  test('writes one row per hop and says whose they are', () => {
    const out = join(folder, 'x.npy');
    const clips = [join(data, 'formats/angry.wav'), join(data, 'speech/IC0_sadness_3.opus')];
    assert.equal(emovox('features', ...clips, '--out', out).status, 0);
    const bytes = readFileSync(out);
    const rows = readFileSync(`${out}.tsv`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));
    const frames = 1 + Math.floor(angry.samples.length / 160);
    assert.deepEqual(rows[0], [clips[0], '0', String(frames)]);
    assert.deepEqual(rows[1].slice(0, 2), [clips[1], String(frames)]);
    const total = frames + Number(rows[1][2]);
    assert.match(bytes.toString('latin1', 0, 128), new RegExp(`'<f4'.*\\(${total}, 80\\)`));
    assert.equal(bytes.length, 128 + total * 80 * 4);
  });

  test('a bad file fails, the others are written', () => {
    const out = join(folder, 'y.npy');
    const { status, stderr } = emovox('features', 'nowhere.wav', join(data, 'formats/angry.wav'), '--out', out);
    assert.equal(status, 1);
    assert.match(stderr, /nowhere\.wav/);
    assert.ok(readFileSync(out).length > 100_000);
  });
});
