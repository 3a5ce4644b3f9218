// SPDX-License-Identifier: MIT
//
// The page on every screen and for every hand: no width too small, nothing that jumps, a way with the keyboard, a voice
// that speaks only of changes, colours that can be told apart.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserTest, data, shownResult } from './harness.js';
import { go, openLong, speakingMicrophone } from './walk.js';

/** @typedef {import('playwright-core').Page} Page */

const chromium = browserTest(speakingMicrophone());
const withoutMicrophone = browserTest();

/**
 * Goes through all views, with a recording in them.
 * @param {Page} page
 */
async function* views(page) {
  await chromium.openSite(page);
  await page.setInputFiles('#file', ['formats/angry.mp3', 'speech/long.opus'].map(data));
  await page.waitForSelector('#recordings li:nth-child(2)[data-state=done]');
  await page.waitForSelector('#recordings li:nth-child(1)[data-state=done]');
  for (const n of [0, 1]) await page.check(`#recordings .compare input >> nth=${n}`);
  await page.click('#recordings .entry >> nth=0');
  await page.waitForSelector('#recordings li:nth-child(1) [aria-current]');
  await page.click('#spectrogram');
  await page.click('#timeline-table summary');
  await page.click('#samples summary');
  await page.click('#keep');
  await page.waitForSelector('#keep:disabled');
  yield 'listen';
  for (const view of ['compare', 'history', 'speakers', 'settings', 'about']) {
    await go(page, view);
    if (view === 'history') await page.waitForSelector('#history-list table');
    if (view === 'settings') await page.click('#advanced summary');
    yield view;
  }
}

describe('sizes', () => {
  test('nothing sticks out on a small phone, a wall of pixels, at twice the size of text and at four times the zoom', () =>
    chromium.withPage(async (page) => {
      const wide = [];
      for await (const view of views(page)) {
        for (const [width, height, text] of [
          [320, 640, 100], // 1280 pixels at 400 %
          [360, 640, 100],
          [640, 400, 100], // 1280 pixels at 200 %
          [640, 400, 200],
          [3840, 2160, 100],
        ]) {
          await page.setViewportSize({ width, height });
          await page.evaluate((size) => {
            document.documentElement.style.fontSize = size === 100 ? '' : `${size}%`;
          }, text);
          await page.waitForTimeout(50);
          const found = await page.evaluate(() => document.documentElement.scrollWidth);
          if (found > width) wide.push(`${view}, ${width} px, ${text} %: ${found}`);
        }
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.evaluate(() => document.documentElement.removeAttribute('style'));
      }
      assert.deepEqual(wide, []);
    }));

  test('what can be hit has 24 pixels at least, on a phone', () =>
    chromium.withPage(async (page) => {
      await page.setViewportSize({ width: 390, height: 800 });
      const small = [];
      for await (const view of views(page)) {
        small.push(
          ...(await page.evaluate((view) => {
            const found = [];
            const hosts = [...document.querySelectorAll('.wave-surface > *')];
            const roots = [document, ...hosts.flatMap(({ shadowRoot }) => shadowRoot ?? [])];
            for (const node of roots.flatMap((root) => [
              ...root.querySelectorAll('a, button, input, select, summary, [tabindex="0"]'),
            ])) {
              if (!node.checkVisibility({ visibilityProperty: true }) || node.matches('.skip')) continue;
              const { width, height } = (node.closest('label') ?? node).getBoundingClientRect();
              if (Math.min(width, height) < 24)
                found.push(`${view}: ${node.outerHTML.slice(0, 90)}: ${width} x ${height}`);
            }
            return found;
          }, view)),
        );
      }
      assert.deepEqual(small, []);
    }));
});

describe('media', () => {
  test('with colours of the system, letters keep theirs, and the view in use has a line', () =>
    chromium.withPage(async (page) => {
      await page.emulateMedia({ forcedColors: 'active' });
      for await (const view of views(page)) {
        const { keys, fills, dots, line, buttons } = await page.evaluate(() => {
          const style = (/** @type {Element} */ node) => getComputedStyle(node);
          const seen = (/** @type {string} */ selector) =>
            [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility());
          const ground = style(document.body).backgroundColor;
          return {
            keys: seen('.key').filter((node) => style(node).backgroundColor === ground).length,
            fills: seen('.bar span').filter(
              (node) => style(node).backgroundColor === ground && style(node).backgroundImage === 'none',
            ).length,
            dots: seen('.record').filter((node) => getComputedStyle(node, '::before').backgroundColor === ground)
              .length,
            line: style(/** @type {Element} */ (document.querySelector('nav [aria-current]'))).borderBlockEndStyle,
            buttons: seen('button:not(.remove, .link, .entry)').filter((node) => style(node).borderColor === ground)
              .length,
          };
        });
        const wanted = { keys: 0, fills: 0, dots: 0, line: 'solid', buttons: 0 };
        assert.deepEqual({ keys, fills, dots, line, buttons }, wanted, view);
      }
    }));

  test('nothing moves by itself where less motion is wanted', () =>
    chromium.withPage(async (page) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await chromium.openSite(page);
      await page.click('#record');
      await page.waitForSelector('#result[data-state=live] .verdict .key');
      const moving = await page.evaluate(async () => {
        let most = 0;
        for (let frame = 0; frame < 60; frame++) {
          await new Promise(requestAnimationFrame);
          most = Math.max(most, document.getAnimations().length);
        }
        return most;
      });
      assert.equal(moving, 0);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      await page.waitForFunction(() => document.getAnimations().length > 0); // else this test sees nothing
      await page.click('#stop');
      await shownResult(page);
    }));
});

describe('nothing jumps', () => {
  /** Sums what moves without the user having done anything just before. @param {Page} page */
  const watch = (page) =>
    page.addInitScript(() => {
      /** @type {string[]} */
      const shifts = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of /** @type {any[]} */ (list.getEntries())) {
          if (!hadRecentInput) shifts.push(`${value}: ${sources.map(({ node }) => node?.outerHTML?.slice(0, 60))}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
  const shifts = (/** @type {Page} */ page) => page.evaluate(() => globalThis.shifts);

  for (const width of [390, 1280]) {
    // Where microphones are known from an earlier visit, the choice among them makes room for itself.
    test(`while the page loads, at ${width} px`, () =>
      withoutMicrophone.withPage(async (page) => {
        await watch(page);
        await page.setViewportSize({ width, height: 800 });
        await withoutMicrophone.openSite(page);
        await page.waitForFunction(() => document.querySelector('#traffic')?.textContent);
        await page.waitForTimeout(300);
        assert.deepEqual(await shifts(page), []);
      }));

    test(`while a file and a recording are analysed, at ${width} px`, () =>
      chromium.withPage(async (page) => {
        await watch(page);
        await page.setViewportSize({ width, height: 800 });
        await chromium.openSite(page);
        await page.waitForSelector('#device-label:not([hidden])');
        await page.waitForTimeout(300);
        await page.evaluate(() => globalThis.shifts.splice(0));
        await openLong(page, 'minute.wav', 60);
        await page.waitForSelector('#result:not([data-state=empty])');
        await page.waitForTimeout(100);
        // On a narrow screen, the result takes the place of the examples when a file is opened. Who chose the file wants
        // that; that it was chosen, a test cannot tell the browser.
        if (width === 390) await page.evaluate(() => globalThis.shifts.splice(0));
        await shownResult(page);
        await page.waitForTimeout(500);
        assert.deepEqual(await shifts(page), []);

        await page.click('#record');
        await page.waitForSelector('#result[data-state=live] .verdict .key');
        await page.waitForTimeout(3000); // more segments
        await page.click('#stop');
        await shownResult(page);
        await page.waitForTimeout(500);
        assert.deepEqual(await shifts(page), []);
      }));
  }
});

describe('keyboard', () => {
  test('Tab comes by everything, in the order of the page, visibly, and out again', () =>
    chromium.withPage(async (page) => {
      for await (const view of views(page)) {
        await page.evaluate(() => {
          /** @type {HTMLElement} */ (document.activeElement)?.blur();
          getSelection()?.removeAllRanges();
          scrollTo(0, 0);
        });
        const { expected, stops } = await page.evaluate(() => {
          const open = (/** @type {ParentNode} */ root) =>
            [...root.querySelectorAll('*')].flatMap((node) => [
              node,
              ...(node.shadowRoot ? open(node.shadowRoot) : []),
            ]);
          const stops = /** @type {HTMLElement[]} */ (open(document)).filter(
            (node) =>
              node.matches('a[href], button:not(:disabled), input:not(:disabled), select, summary, [tabindex="0"]') &&
              node.checkVisibility() &&
              !(node instanceof HTMLInputElement && node.type === 'radio' && !node.checked),
          );
          Object.assign(globalThis, { stops });
          return { expected: stops.map((_, i) => i), stops: stops.map(({ outerHTML }) => outerHTML.slice(0, 80)) };
        });
        const order = [];
        const unseen = [];
        await page.focus('.skip');
        for (const key of ['Tab', 'Shift+Tab']) await page.keyboard.press(key); // as one who does not use a mouse
        for (let i = 0; i < stops.length; i++) {
          const { at, seen } = await page.evaluate(() => {
            let node = document.activeElement;
            while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
            const shown = node && getComputedStyle(node.closest('.button') ?? node);
            return {
              at: globalThis.stops.indexOf(node),
              seen: shown?.outlineStyle === 'solid' && Number.parseFloat(shown.outlineWidth) >= 2,
            };
          });
          order.push(at);
          if (!seen) unseen.push(`${view}: ${stops[at]}`);
          await page.keyboard.press('Tab');
        }
        assert.deepEqual(order, expected, `${view}: ${order.map((at) => stops[at]).join('\n')}`);
        assert.deepEqual(unseen, []);
        assert.ok(
          await page.evaluate(() => !globalThis.stops.includes(document.activeElement)),
          `${view}: Tab leaves the page`,
        );
      }
    }));
});

describe('the live region', () => {
  /** @param {Page} page @returns {Promise<() => Promise<string[]>>} everything that it says */
  async function listen(page) {
    await chromium.openSite(page);
    assert.equal(await page.locator('[role=status], [role=alert], [role=log], [aria-live]').count(), 1);
    await page.evaluate(() => {
      const status = /** @type {Element} */ (document.querySelector('#status'));
      /** @type {string[]} */
      const said = [];
      Object.assign(globalThis, { said });
      new MutationObserver(() => said.push(status.textContent ?? '')).observe(status, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    return () => page.evaluate(() => globalThis.said);
  }

  test('says of a long file that it is analysed, and the verdict', () =>
    chromium.withPage(async (page) => {
      const said = await listen(page);
      await openLong(page, 'lecture.wav', 900);
      await shownResult(page);
      const [begin, end, ...more] = (await said()).filter(Boolean);
      assert.equal(begin, 'Analysing lecture.wav.');
      assert.match(end, /^lecture\.wav: Sounds angry, agreement \d+%\.$/);
      assert.deepEqual(more, []);
    }));

  test('says of a recording when it begins and ends, and emotions when they change', () =>
    chromium.withPage(async (page) => {
      const said = await listen(page);
      await page.click('#record');
      await page.waitForFunction(() => (document.querySelector('#recording-time')?.textContent ?? '') >= '0:10');
      await page.click('#stop');
      await shownResult(page);
      const [opening, speak, ...more] = (await said()).filter(Boolean);
      const [ended, verdict] = more.splice(-2);
      assert.deepEqual(
        [opening, speak, ended],
        ['Waiting for the microphone…', 'Recording. Speak now.', 'Recording ended.'],
      );
      assert.match(verdict, /: Sounds \w+, agreement/);
      assert.ok(more.length > 0 && more.length <= 4); // a segment every two seconds
      for (const [i, text] of more.entries()) {
        assert.match(text, /^At the moment: \w+\.$/);
        assert.notEqual(text, more[i - 1]);
      }
    }));
});

describe('colours', () => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`of the charts stand out from their ground by 3, letters from their colour by 4.5: ${colorScheme}`, () =>
      chromium.withPage(async (page) => {
        await page.emulateMedia({ colorScheme });
        await chromium.openSite(page);
        const names = ['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised'];
        /** Colour, ground, least contrast. @type {[string, string, number][]} */
        const pairs = [
          ...names.flatMap(
            (name) =>
              /** @type {[string, string, number][]} */ ([
                [name, 'card', 3],
                [name, 'none', 3], // the track of a bar
                ['on-emotion', name, 4.5],
              ]),
          ),
          ['on-none', 'none', 4.5],
          ...['quiet', 'accent', 'text'].flatMap(
            (name) =>
              /** @type {[string, string, number][]} */ ([
                [name, 'card', 4.5],
                [name, 'page', 4.5],
                [name, 'none', 3],
              ]),
          ),
          ['quiet', 'attention', 3], // the waveform where the shade is deepest
          ['edge', 'card', 3],
          ['alarm', 'card', 4.5],
          ['on-accent', 'accent', 4.5],
        ];
        const poor = await page.evaluate((pairs) => {
          const style = getComputedStyle(document.documentElement);
          const luminance = (/** @type {string} */ name) => {
            const hex = style
              .getPropertyValue(`--${name}`)
              .trim()
              .replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3')
              .slice(1);
            const [r, g, b] = [0, 2, 4].map((at) => {
              const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          return pairs.flatMap(([colour, ground, least]) => {
            const [a, b] = [luminance(colour), luminance(ground)];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            return contrast >= least ? [] : [`${colour} on ${ground}: ${contrast.toFixed(2)}`];
          });
        }, pairs);
        assert.deepEqual(poor, []);
      }));
  }
});
