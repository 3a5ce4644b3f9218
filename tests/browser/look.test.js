// SPDX-License-Identifier: MIT
//
// Looking at a result and listening to it: segments, waveform, spectrogram, figures, several side by side.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import english from '../../web/app/strings/en.js';
import { browserTest, data, judge, longFile, openView, patience, savedResult } from './harness.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest();

const percent = (/** @type {number} */ share) => share.toLocaleString('en', { style: 'percent' });
const signed = (/** @type {number} */ value) =>
  value.toLocaleString('en', { signDisplay: 'exceptZero', minimumFractionDigits: 2, maximumFractionDigits: 2 });
const clock = (/** @type {number} */ seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, '0')}`;
const stretch = (/** @type {any} */ { start, end }) => `${clock(start)}–${clock(Math.ceil(end))}`;
const names = { disgust: 'disgusted' };
const emotion = (/** @type {string} */ label) => names[/** @type {'disgust'} */ (label)] ?? label;
/** Behind its letter. */
const keyed = (/** @type {string} */ label) =>
  `${english[/** @type {'letter.sad'} */ (`letter.${label}`)]}${emotion(label)}`;

/**
 * Opens the page with the recording of many emotions, and with its sound as globalThis.media.
 * @param {(page: Page, result: any) => Promise<void>} body
 */
const withLong = (body) =>
  chromium.withPage(async (page) => {
    await page.addInitScript(() => {
      window.Audio = class extends Audio {
        constructor() {
          super();
          globalThis.media = this;
        }
      };
    });
    await chromium.openSite(page);
    await judge(page, data('speech/long.opus'));
    await body(page, await savedResult(page));
  });

/** What is said of the segment that is meant. @param {Page} page */
const numbers = async (page) => ({
  title: await page.textContent('#segment .segment-title'),
  count: String(await page.textContent('#segment .hint')).split(' · ')[0],
  facts: await page.locator('#segment dd').allTextContents(),
});

/** @param {any[]} segments @param {number} i */
const expectedNumbers = (segments, i) => {
  const { label, probability, intensity, speech_ratio, valence, arousal } = segments[i];
  return {
    title: `${keyed(label)} · ${stretch(segments[i])}`,
    count: `Segment ${i + 1} of ${segments.length}`,
    facts: [percent(probability), percent(intensity), percent(speech_ratio), signed(valence), signed(arousal)],
  };
};

/** Where a segment's middle is on the strip. @param {Page} page @param {any} result @param {number} i */
async function pointOf(page, { segments, duration }, i) {
  await page.locator('.strip').scrollIntoViewIfNeeded();
  const box = await page.locator('.strip').boundingBox();
  if (!box) throw new Error('There is no strip.');
  // Only until the next one begins is it in front.
  const until = segments[i + 1]?.start ?? segments[i].end;
  const middle = (segments[i].start + until) / 2;
  return { x: box.x + (middle / duration) * box.width, y: box.y + box.height / 2 };
}

/**
 * Where the sound was from the moment it began until it stopped.
 * @param {Page} page
 * @param {() => Promise<unknown>} start
 */
async function played(page, start) {
  await page.evaluate(() => {
    globalThis.times = [];
    globalThis.watching = setInterval(() => {
      if (!globalThis.media.paused) globalThis.times.push(globalThis.media.currentTime);
    }, 20);
  });
  await start();
  await page.waitForFunction(() => globalThis.times.length > 0 && globalThis.media.paused);
  return page.evaluate(() => {
    clearInterval(globalThis.watching);
    return { first: Math.min(...globalThis.times), last: globalThis.media.currentTime };
  });
}

describe('segments', () => {
  test('are chosen by the keyboard', () =>
    withLong(async (page, { segments }) => {
      await page.focus('.strip');
      const last = segments.length - 1;
      let at = -1;
      for (const [key, to] of /** @type {[string, number][]} */ ([
        ['ArrowRight', 0],
        ['ArrowRight', 1],
        ['ArrowUp', 2],
        ['ArrowLeft', 1],
        ['ArrowDown', 0],
        ['ArrowLeft', 0],
        ['PageDown', 10],
        ['PageUp', 0],
        ['End', last],
        ['ArrowRight', last],
        ['Home', 0],
      ])) {
        await page.keyboard.press(key);
        at = to;
        assert.deepEqual(await numbers(page), expectedNumbers(segments, at), `${key} to ${at}`);
        await page.waitForSelector(`.strip[aria-valuenow="${at + 1}"][aria-valuemax="${segments.length}"]`);
        const { label, probability } = segments[at];
        assert.equal(
          await page.getAttribute('.strip', 'aria-valuetext'),
          `${stretch(segments[at])}, ${emotion(label)}, ${percent(probability)}`,
        );
        await page.waitForFunction((time) => globalThis.media.currentTime === time, segments[at].start);
      }
    }));

  test('are played by Enter, a click, a row of the table: from their beginning to their end', () =>
    withLong(async (page, result) => {
      const { segments } = result;
      /** @param {number} i @param {() => Promise<unknown>} start */
      const assertPlays = async (i, start) => {
        const { first, last } = await played(page, start);
        const { start: from, end: to } = segments[i];
        assert.ok(first >= from - 0.01 && first < from + 1, `${first} s instead of ${from}`);
        assert.ok(last >= to - 0.1 && last < to + 0.5, `${last} s instead of ${to}`);
        assert.deepEqual(await numbers(page), expectedNumbers(segments, i));
      };
      await page.focus('.strip');
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      await assertPlays(1, () => page.keyboard.press('Enter'));
      const { x, y } = await pointOf(page, result, 4);
      await assertPlays(4, () => page.mouse.click(x, y));
      await page.click('#timeline-table summary');
      await assertPlays(2, () => page.click('#timeline-table tbody tr:nth-child(3) button'));
    }));

  test('show their numbers under the pointer, and no longer', () =>
    withLong(async (page, result) => {
      for (const i of [3, 0, result.segments.length - 1]) {
        const { x, y } = await pointOf(page, result, i);
        await page.mouse.move(x, y);
        assert.deepEqual(await numbers(page), expectedNumbers(result.segments, i));
      }
      await page.mouse.move(0, 0);
      assert.match(String(await page.textContent('#segment')), /Choose a segment/);
    }));

  test('are all in the table', () =>
    withLong(async (page, { segments }) => {
      await page.click('#timeline-table summary');
      await page.waitForSelector('#timeline-table tbody tr');
      const rows = await page
        .locator('#timeline-table tbody tr')
        .evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent)));
      const expected = segments.map((/** @type {any} */ segment) => [
        stretch(segment),
        keyed(segment.label),
        percent(segment.probability),
        percent(segment.intensity),
        percent(segment.speech_ratio),
        signed(segment.valence),
        signed(segment.arousal),
      ]);
      assert.deepEqual(rows, expected);
    }));
});

test('the distribution and the plane say what the result says', () =>
  withLong(async (page, { votes, probabilities, valence, arousal, emotion: verdict, agreement, probability }) => {
    const rows = await page
      .locator('#result .distribution tbody tr')
      .evaluateAll((all) =>
        all.map((row) => [
          row.getAttribute('data-label'),
          ...[...row.querySelectorAll('td')].map((cell) => cell.textContent),
        ]),
      );
    assert.equal(rows[0][0], verdict, 'the most frequent one comes first');
    const expected = Object.entries(votes).map(([label, n]) => {
      const mean = probabilities[label];
      return [label, String(n), mean === undefined ? '–' : percent(mean)];
    });
    assert.deepEqual(rows.sort(), expected.sort());
    const all = Object.values(votes).reduce((sum, n) => sum + n, 0);
    assert.equal(
      await page.textContent('#numbers'),
      `Agreement ${percent(agreement)}: ${votes[verdict]} of ${all} votes. Probability ${percent(probability)}.`,
    );
    const label = await page.getAttribute('.plane canvas', 'aria-label');
    assert.match(String(label), new RegExp(`Mean valence \\${signed(valence)}, mean arousal \\${signed(arousal)}\\.$`));
  }));

describe('the waveform', () => {
  /** Pixels of the whole recording's width. @param {Page} page */
  const width = (page) => page.locator('.strip').evaluate((node) => node.parentElement?.clientWidth ?? 0);
  /** @param {Page} page @param {number} expected its width, give or take a rounding */
  async function widthBecomes(page, expected) {
    for (let waited = 0; Math.abs((await width(page)) - expected) > 4; waited += 50) {
      assert.ok(waited < patience, `${await width(page)} pixels instead of ${expected}`);
      await page.waitForTimeout(50);
    }
  }
  const zoom = (/** @type {Page} */ page, /** @type {string} */ name) =>
    page.getByRole('button', { name, exact: true }).click();

  test('is zoomed in and out; the segment that is chosen stays in sight', () =>
    withLong(async (page) => {
      const all = await width(page);
      await page.focus('.strip');
      await page.keyboard.press('End');
      await zoom(page, 'Zoom in');
      await zoom(page, 'Zoom in');
      await widthBecomes(page, 4 * all);
      const scroll = await page.locator('.strip').evaluateHandle((node) => node.closest('.scroll'));
      await page.waitForFunction(([node, least]) => node.scrollLeft > least, /** @type {any} */ ([scroll, 2 * all]));
      await zoom(page, 'Zoom out');
      await widthBecomes(page, 2 * all);
      await zoom(page, 'Zoom in');
      await zoom(page, 'Show all');
      await widthBecomes(page, all);
    }));

  /** Frames and shades of the spectrogram that is shown. @param {Page} page */
  async function spectrogram(page) {
    await page.waitForSelector('.spectrogram canvas:visible');
    return page.locator('.spectrogram canvas').evaluate((node) => {
      const canvas = /** @type {HTMLCanvasElement} */ (node);
      const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      return { frames: canvas.width, bands: canvas.height, shades: new Set(data.filter((_, i) => i % 4 === 0)).size };
    });
  }

  test('has a spectrogram of what is in sight', () =>
    withLong(async (page, { duration }) => {
      await page.click('#spectrogram');
      assert.equal(await page.getAttribute('#spectrogram', 'aria-pressed'), 'true');
      const { frames, bands, shades } = await spectrogram(page);
      assert.equal(bands, 80);
      assert.ok(Math.abs(frames - duration * 100) < 10, `${frames} frames of ${duration} s`);
      assert.ok(shades > 50);
      await zoom(page, 'Zoom in');
      await page.waitForSelector('.spectrogram canvas:not(:visible)', { state: 'attached' });
      const half = await spectrogram(page);
      assert.ok(Math.abs(half.frames - duration * 50) < 10, `${half.frames} frames of half of it`);
      await page.click('#spectrogram');
      assert.equal(await page.isVisible('.spectrogram'), false);
    }));

  test('of ten minutes is to be zoomed in first', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await judge(page, longFile(10));
      await page.click('#spectrogram');
      const note = () => page.getAttribute('.spectrogram', 'data-note');
      await page.waitForSelector('.spectrogram[data-note^="Zoom in to two minutes"]');
      assert.equal(await page.isVisible('.spectrogram canvas'), false);
      for (let i = 0; i < 3; i++) await zoom(page, 'Zoom in');
      const { frames } = await spectrogram(page);
      assert.ok(frames > 7000 && frames < 8000, `${frames} frames of 75 s`);
      assert.equal(await note(), '');
    }));
});

describe('side by side', () => {
  const files = ['speech/long.opus', 'speech/03-01-04-02-01-01-12.flac', 'formats/angry.wav'];

  test('two and three recordings, their numbers, and fewer again', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await openView(page, 'compare');
      assert.match(String(await page.textContent('#comparison')), /nothing to compare yet/);
      await openView(page, 'listen');
      const results = [];
      for (const file of files) {
        await judge(page, data(file));
        results.push(await savedResult(page));
      }
      const [long, , angry] = results;
      await page.check(`[aria-label="Compare ${long.file}"]`);
      await page.check(`[aria-label="Compare ${angry.file}"]`);
      await openView(page, 'compare');

      /** @param {any[]} expected in their order */
      const assertShown = async (expected) => {
        const columns = await page.locator('.compared').evaluateAll((all) =>
          all.map((column) => ({
            title: column.querySelector('h2')?.textContent,
            emotion: column.getAttribute('data-emotion-name'),
            facts: [...column.querySelectorAll('dd')].map(({ textContent }) => textContent).filter((_, i) => i !== 3), // intensity is in words
            votes: Object.fromEntries(
              [...column.querySelectorAll('tbody tr')].map((row) => [
                row.getAttribute('data-label'),
                Number(row.querySelector('td')?.textContent),
              ]),
            ),
          })),
        );
        const numbers = expected.map(
          ({ file, emotion, duration, agreement, probability, votes, valence, arousal }, i) => {
            const all = Object.values(votes).reduce((sum, n) => sum + n, 0);
            return {
              title: `${i + 1} · ${file}`,
              emotion,
              facts: [
                clock(duration),
                `${votes[emotion]} / ${all} (${percent(agreement)})`,
                percent(probability),
                signed(valence),
                signed(arousal),
              ],
              votes,
            };
          },
        );
        assert.deepEqual(columns, numbers);
        const label = await page.getAttribute('#comparison .plane canvas', 'aria-label');
        for (const [i, { valence }] of expected.entries()) {
          assert.ok(label?.includes(`${i + 1}: `) && label.includes(`Mean valence ${signed(valence)}`), String(label));
        }
      };
      await assertShown([long, angry]);
      await page.check('#comparison fieldset label:nth-of-type(2) input');
      await assertShown(results);
      await page.uncheck('#comparison fieldset label:nth-of-type(1) input');
      await assertShown(results.slice(1));
      await page.uncheck('#comparison fieldset label:nth-of-type(2) input');
      await page.waitForFunction(() => document.querySelectorAll('.compared').length === 1);
      assert.equal(await page.locator('#comparison .plane').count(), 0);
      await openView(page, 'listen');
      assert.equal(await page.isChecked(`[aria-label="Compare ${angry.file}"]`), true);
      assert.equal(await page.isChecked(`[aria-label="Compare ${long.file}"]`), false);
    }));
});
