// SPDX-License-Identifier: MIT
//
// What holds for any input, tried on thousands that a generator makes up (fast-check): options, exporters, peaks.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EmovoxError } from '../../web/lib/errors.js';
import { toAudacityLabels, toCsv, toWebVtt } from '../../web/lib/export.js';
import { priorOf } from '../../web/lib/judging.js';
import { analyzeOptions, checkLogMelOptions, checkOptions } from '../../web/lib/options.js';

/** @import { Result } from '../../web/lib/result.js' */

/** Text as hostile as it gets: separators, quotes, formulas, right to left, emoji, controls, halves of pairs. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        ',',
        ';',
        '\r\n',
        '\n',
        '\t',
        '=',
        '+',
        '-->',
        '<b>',
        '&',
        '\u202e',
        '\u2066',
        '😀',
        '\ud83d',
        '\0',
        '\u2028',
        'ż',
        'א',
        ' ',
      ),
    )
    .map((parts) => parts.join('')),
);

const share = fc.double({ min: 0, max: 1, noNaN: true });
const signed = fc.double({ min: -1, max: 1, noNaN: true });

/** A result whose labels are any text. @type {fc.Arbitrary<Result>} */
const anyResult = fc.uniqueArray(hostile, { minLength: 2, maxLength: 5 }).chain((labels) => {
  const probabilities = fc
    .tuple(...labels.map(() => share))
    .map((values) => Object.fromEntries(labels.map((label, i) => [label, values[i]])));
  const segment = fc.record({
    start: fc.double({ min: 0, max: 400_000, noNaN: true }),
    length: fc.double({ min: 0, max: 4, noNaN: true }),
    label: fc.constantFrom(...labels, 'uncertain', 'no speech'),
    probability: share,
    speech_ratio: share,
    intensity: share,
    valence: signed,
    arousal: signed,
    probabilities,
    salience: fc.constant([]),
  });
  return fc
    .record({ segments: fc.array(segment, { maxLength: 8 }), probabilities })
    .map(({ segments, probabilities }) => {
      const sorted = segments
        .map(({ length, ...rest }) => ({ ...rest, end: rest.start + length }))
        .sort((a, b) => a.start - b.start);
      return /** @type {any} */ ({ segments: sorted, probabilities });
    });
});

/**
 * A reader of RFC 4180, as strict as the text.
 * @param {string} text
 */
function readCsv(text) {
  /** @type {string[][]} */
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        assert.ok(at < text.length, 'a quote is closed');
        if (text[at] !== '"') field += text[at];
        else if (text[at + 1] === '"') field += text[at++];
        else break;
      }
      at++;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r') {
        assert.ok(text[at] !== '"' && text[at] !== '\n', 'what needs quotes has them');
        field += text[at++];
      }
    }
    row.push(field);
    if (text[at] === ',') {
      at++;
      continue;
    }
    assert.equal(text.slice(at, at + 2), '\r\n');
    at += 2;
    rows.push(row);
    row = [];
  }
  assert.deepEqual(row, [], 'the last row is ended');
  return rows;
}

describe('exporters, whatever the labels are', () => {
  test('CSV: a table with the same number of columns everywhere, and no formula', () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        const [head, ...rows] = readCsv(toCsv(result));
        assert.equal(rows.length, result.segments.length);
        for (const row of rows) assert.equal(row.length, head.length);
        rows.forEach((row, i) => {
          const { label, start } = result.segments[i];
          assert.ok(!/^[=+\-@\t\r]/.test(row[2]));
          assert.equal(row[2].replace(/^'/, ''), label.replace(/^'/, ''));
          assert.ok(Math.abs(Number(row[0]) - start) <= 1e-6);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('WebVTT: as many cues as there is speech, each one line, times in order, no arrow but its own', () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        const [head, ...cues] = toWebVtt(result).split('\n\n');
        assert.equal(head.trim(), 'WEBVTT');
        const spoken = result.segments.filter(({ label }) => label !== 'no speech');
        assert.equal(cues.filter((cue) => cue.trim()).length, spoken.length);
        for (const cue of cues.filter((text) => text.trim())) {
          const [times, text, ...more] = cue.replace(/\n$/, '').split('\n');
          assert.match(times, /^\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}$/);
          assert.deepEqual(more, []);
          assert.ok(!text.includes('-->') && !/[<>]/.test(text));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('Audacity: three fields in each line', () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        const lines = toAudacityLabels(result).split('\n');
        assert.equal(lines.pop(), '');
        assert.equal(lines.length, result.segments.length);
        for (const line of lines) {
          const [start, end, ...text] = line.split('\t');
          assert.equal(text.length, 1);
          assert.ok(Number(end) >= Number(start));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('options, whatever is passed', () => {
  const model = /** @type {any} */ ({ sequenceSeconds: 4, labels: ['calm', 'happy', 'sad'] });
  const known = Object.keys(analyzeOptions(model));
  const value = fc.oneof(
    fc.anything(),
    fc.double(),
    fc.constantFrom(0.25, 4, 16000, true, () => {}, new AbortController().signal, 'even', 'everyday'),
    fc.array(fc.constantFrom(...model.labels, 'joyful')),
    fc.dictionary(fc.constantFrom(...model.labels, 'joyful'), fc.oneof(fc.double(), fc.constantFrom(0, 1, 1e6, 1e-60))),
  );

  test('they are accepted or refused with bad-option, which names the culprit', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...known), hostile), value), (options) => {
        try {
          checkOptions('analyze()', options, analyzeOptions(model));
        } catch (error) {
          assert.ok(error instanceof EmovoxError);
          assert.equal(error.code, 'bad-option');
          assert.ok(Object.keys(options).some((name) => error.message.includes(`'${name}'`)));
          return;
        }
        const { hop, threshold, prior, labels } = /** @type {any} */ (options);
        assert.ok(
          labels === undefined ||
            (labels.length > 1 && labels.every((/** @type {any} */ one) => model.labels.includes(one))),
        );
        const judged = priorOf({ prior, labels }, model, [1, 1, 1]);
        assert.deepEqual(Object.keys(judged), model.labels);
        assert.ok(Math.abs(Object.values(judged).reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
        assert.ok(hop === undefined || (hop >= 0.25 && hop <= 4));
        assert.ok(threshold === undefined || (threshold >= 0 && threshold <= 1));
        assert.ok(Object.keys(options).every((name) => known.includes(name)));
      }),
      { numRuns: 5000 },
    );
  });

  test('anything but an object is refused', () => {
    fc.assert(
      fc.property(
        fc.anything().filter((thing) => typeof thing !== 'object' || thing === null),
        (thing) => assert.throws(() => checkOptions('analyze()', thing, {}), { code: 'bad-option' }),
      ),
    );
  });

  test('a stretch has a beginning before its end', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (start, end) => {
        try {
          checkLogMelOptions({ start, end });
        } catch (error) {
          assert.equal(/** @type {EmovoxError} */ (error).code, 'bad-option');
          return;
        }
        assert.ok(start >= 0 && end > start && Number.isFinite(start));
      }),
      { numRuns: 5000 },
    );
  });
});
