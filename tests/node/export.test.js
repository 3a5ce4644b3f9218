// SPDX-License-Identifier: MIT

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toAudacityLabels, toCsv, toWebVtt } from 'emovox/export';

const segment = {
  start: 0,
  end: 4,
  label: 'sad',
  probability: 0.87,
  speech_ratio: 1 / 3,
  probabilities: { sad: 0.87, calm: 1e-9 },
  intensity: 0.5,
  valence: -0.25,
  arousal: 0,
  salience: [1],
};
/** @param {object[]} changes one per segment */
const result = (...changes) => {
  const segments = changes.map((change) => ({ ...segment, ...change }));
  return /** @type {any} */ ({ segments, probabilities: segments[0]?.probabilities ?? segment.probabilities });
};

describe('CSV', () => {
  const head =
    'start,end,label,probability,speech_ratio,intensity,valence,arousal,probability_sad,probability_calm\r\n';

  test('a row per segment, with dots and without exponents', () => {
    const csv = toCsv(result({}, { start: 3600.5, end: 3604.5 }));
    const rest = 'sad,0.87,0.333333,0.5,-0.25,0,0.87,0\r\n';
    assert.equal(csv, `${head}0,4,${rest}3600.5,3604.5,${rest}`);
  });

  test('without segments, only the header', () => assert.equal(toCsv(result()), head));

  test('fields with commas, quotes and newlines are quoted, formulas defused', () => {
    const rest = ',0.87,0.333333,0.5,-0.25,0,0.87,0\r\n';
    const third = (/** @type {string} */ label) => toCsv(result({ label })).slice(head.length + 4, -rest.length);
    assert.equal(third('a,b'), '"a,b"');
    assert.equal(third('say "so"'), '"say ""so"""');
    assert.equal(third('two\nlines'), '"two\nlines"');
    assert.equal(third('=1+1'), "'=1+1");
    assert.equal(third('@a,"b'), '"\'@a,""b"');
    for (const first of ['+', '-', '\t']) assert.equal(third(`${first}1`), `'${first}1`);
    const named = toCsv(result({ probabilities: { 'a,b': 1 } }));
    assert.match(named, /,"probability_a,b"\r\n/);
  });
});

describe('WebVTT', () => {
  test('one cue at a time, none where there is no speech', () => {
    const vtt = toWebVtt(
      result({}, { start: 2, end: 6, label: 'no speech' }, { start: 3599.9996, end: 360061.25, label: 'uncertain' }),
    );
    assert.equal(
      vtt,
      'WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nsad, 87 %\n\n01:00:00.000 --> 100:01:01.250\nuncertain, 87 %\n',
    );
  });

  test('text is no markup and breaks no cue', () => {
    const [, , , text, ...rest] = toWebVtt(result({ label: 'a --> b\n\n<i>&amp;' })).split('\n');
    assert.equal(text, 'a --&gt; b &lt;i&gt;&amp;amp;, 87 %');
    assert.deepEqual(rest, ['']);
  });
});

describe('Audacity labels', () => {
  test('a line per segment', () => {
    assert.equal(
      toAudacityLabels(result({}, { start: 2, end: 6.5, label: 'no speech' })),
      '0.000000\t4.000000\tsad, 87 %\n2.000000\t6.500000\tno speech\n',
    );
  });

  test('no tabs or newlines in the text', () => {
    assert.equal(toAudacityLabels(result({ label: 'a\tb\r\nc' })), '0.000000\t4.000000\ta b c, 87 %\n');
  });
});
