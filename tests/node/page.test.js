// SPDX-License-Identifier: MIT
//
// The parts of the page that need no browser: words, counts, and the file that a recording becomes.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { attentionOf, byVotes, runs } from '../../web/app/figures.js';
import { clock, loadLanguage, rough } from '../../web/app/i18n.js';
import { heardOf, newRecording, Samples, secondsLeft, tally } from '../../web/app/recordings.js';
import { WavWriter } from '../../web/app/wav.js';
import { certainty, doubts, headline } from '../../web/app/words.js';

before(() => loadLanguage('en'));

/**
 * @param {number} start
 * @param {string} label
 * @param {Record<string, number>} [probabilities]
 */
const segment = (start, label, probabilities = { [label]: 1 }) => ({
  start,
  end: start + 4,
  label,
  probability: 0.5,
  speech_ratio: 1,
  intensity: 0.5,
  valence: 0,
  arousal: 0,
  probabilities,
  salience: [0.5, 0.25, 0.25, 0],
});

/**
 * @param {string} emotion
 * @param {Record<string, number>} votes
 * @param {number} agreement
 * @returns {any}
 */
const result = (emotion, votes, agreement) => ({
  emotion,
  votes: { uncertain: 0, ...votes },
  agreement,
  segments: [segment(0, emotion)],
  probabilities: { sad: 0.4, calm: 0.35, angry: 0.25 },
  speech_ratio: 1,
  intensity: 0.5,
});

describe('words', () => {
  test('times are as long as needed', () => {
    assert.equal(clock(0), '0:00');
    assert.equal(clock(61.9), '1:01');
    assert.equal(clock(3600), '1:00:00');
    assert.equal(rough(2), 'a few seconds');
    assert.equal(rough(31), '35 seconds');
    assert.equal(rough(150), '3 minutes');
  });

  test('every outcome has its own', () => {
    assert.equal(headline('angry'), 'Sounds angry');
    assert.equal(headline('no speech'), 'No speech found');
    assert.equal(headline('uncertain'), 'No emotion stands out');
    assert.match(certainty(result('no speech', { sad: 0 }, 0)), /silence/);
    assert.match(certainty(result('sad', { sad: 1 }, 1)), /one vote/);
    assert.match(certainty(result('sad', { sad: 9, angry: 1 }, 0.9)), /Very clear/);
    assert.match(certainty(result('sad', { sad: 4, angry: 3, calm: 3 }, 0.4)), /Mixed/);
  });

  test('a doubt has reasons, a clear verdict has none', () => {
    const conditions = /** @type {const} */ ({ model: 'small', hop: 2, threshold: 0.25, speaker: null });
    assert.deepEqual(doubts(result('sad', { sad: 9, angry: 1 }, 0.9), conditions), []);
    const reasons = doubts(result('sad', { sad: 4, angry: 3, uncertain: 3 }, 0.4), conditions).join(' ');
    assert.match(reasons, /sad and calm were almost equally likely \(40% and 35%\)/);
    assert.match(reasons, /In 3 of 10 segments/);
    assert.match(reasons, /voice is unknown/);
    assert.match(doubts(result('sad', { sad: 1 }, 1), conditions).join(' '), /short/);
  });
});

describe('counts', () => {
  test('the verdict so far is the majority; of two equals, the likelier one', () => {
    assert.deepEqual(tally([]).emotion, 'no speech');
    const segments = [
      segment(0, 'sad', { sad: 0.5, angry: 0.4 }),
      segment(2, 'angry', { sad: 0.1, angry: 0.9 }),
      segment(4, 'no speech', { sad: 0, angry: 0 }),
    ];
    const { emotion, agreement, all } = tally(segments);
    assert.deepEqual([emotion, agreement, all], ['angry', 0.5, 2]);
    assert.equal(tally([...segments, segment(6, 'sad')]).emotion, 'sad');
  });

  test('neighbours of one label are one stretch, until the next begins', () => {
    const stretches = runs([segment(0, 'sad'), segment(2, 'sad'), segment(4, 'angry')]);
    assert.deepEqual(stretches, [
      { label: 'sad', start: 0, end: 4, count: 2 },
      { label: 'angry', start: 4, end: 8, count: 1 },
    ]);
  });

  test('attention is beside what an even spread would give, over all segments that cover a moment', () => {
    const attention = attentionOf([segment(0, 'sad'), { ...segment(2, 'sad'), salience: [0, 0, 0.5, 0.5] }], 1);
    assert.deepEqual([...attention].slice(0, 6), [2, 1, 0.5, 0, 2, 2]);
  });

  test('the most frequent comes first, then the likeliest', () => {
    assert.deepEqual(byVotes({ sad: 0, calm: 0, angry: 2 }, { sad: 0.1, calm: 0.2, angry: 0.7 }), [
      'angry',
      'calm',
      'sad',
    ]);
  });

  test('time left is told once it can be', () => {
    const recording = newRecording('x', 'working', {
      seconds: 30,
      duration: 120,
      elapsed: 10_000,
    });
    assert.equal(secondsLeft(recording), 30);
    assert.equal(secondsLeft({ ...recording, duration: null }), null);
    assert.equal(secondsLeft({ ...recording, seconds: 0 }), null);
  });

  test('neither sleep nor a clock that is set counts as work', () => {
    const recording = newRecording('x', 'working', { heardAt: 5000 });
    for (const now of [6000, 7000, 3_600_000_000, 3_600_001_000, -9e9, -9e9 + 500]) heardOf(recording, now);
    assert.equal(recording.elapsed, 3500);
  });

  test('samples grow', () => {
    const samples = new Samples();
    for (let i = 0; i < 3000; i += 7) samples.push(Array.from({ length: 7 }, (_, k) => i + k));
    assert.equal(samples.length, 3003);
    assert.deepEqual(
      [...samples.view()],
      Array.from({ length: 3003 }, (_, i) => i),
    );
  });
});

test('a recording becomes a WAV file that holds its samples exactly, whatever the blocks', async () => {
  const wav = new WavWriter(44100);
  const all = Float32Array.from({ length: 500_000 }, (_, i) => Math.sin(i) / 3);
  for (let at = 0; at < all.length; at += 77_777) wav.push(all.slice(at, at + 77_777));
  const file = wav.file();
  assert.equal(file.type, 'audio/wav');
  const bytes = Buffer.from(await file.arrayBuffer());
  assert.equal(bytes.toString('latin1', 0, 4), 'RIFF');
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8);
  assert.equal(bytes.readUInt16LE(20), 3, 'floats');
  assert.equal(bytes.readUInt32LE(24), 44100);
  assert.equal(bytes.readUInt32LE(54), 4 * all.length);
  assert.deepEqual(new Float32Array(bytes.buffer.slice(bytes.byteOffset + 58)), all);
});
