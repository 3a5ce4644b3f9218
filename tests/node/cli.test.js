// SPDX-License-Identifier: MIT
//
// The native command-line tool: what it prints, and what it says to bad input.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    assert.equal(r.segments.length, 29);
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

  test('each bad file has its own code, and the good ones are still done', () => {
    const wav = makeWav(angry.samples, 16000);
    const nan = Buffer.from(makeWav(angry.samples, 16000));
    nan.writeUInt16LE(3, 20); // IEEE float
    nan.writeUInt32LE(64000, 28);
    nan.writeUInt16LE(4, 32);
    nan.writeUInt16LE(32, 34);
    nan.fill(0xff, 60, 64);
    const flac = readFileSync(join(data, 'formats/angry.flac'));
    /** @type {[string, string][]} */
    const cases = [
      [join(folder, 'nowhere.wav'), 'unreadable'],
      [folder, 'empty'],
      [file('nothing.wav', new Uint8Array()), 'empty'],
      [file('no-samples.wav', makeWav(new Float32Array(), 16000)), 'empty'],
      [file('text.wav', Buffer.from('not audio at all, just a line of text')), 'undecodable'],
      [file('cut.wav', wav.subarray(0, 30000)), 'undecodable'],
      [file('header.wav', wav.subarray(0, 30)), 'undecodable'],
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

describe('usage', () => {
  test('help and version', () => {
    assert.match(emovox('--help').stdout, /usage: emovox analyze/);
    assert.match(emovox('analyze', '--help').stdout, /--json.*--salience.*--model/s);
    assert.match(emovox('--version').stdout, /^emovox \d+\.\d+\.\d+\n$/);
  });

  test('wrong usage exits 2 and says why', () => {
    for (const args of [[], ['sing'], ['analyze'], ['analyze', '--loud', 'x'], ['features', 'x']]) {
      const { status, stderr } = emovox(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /usage|unknown/);
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
