// SPDX-License-Identifier: MIT
//
// The page for everybody: narrow and wide, light and dark, keyboard and screen reader.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserTest, data, savedResult, shownResult } from './harness.js';

const chromium = browserTest();

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  describe(colorScheme, () => {
    for (const width of [390, 1280]) {
      test(`nothing sticks out at ${width} px`, () =>
        chromium.withPage(async (page) => {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 800 });
          await chromium.openSite(page);
          await page.setInputFiles('#file', data('speech/long.opus'));
          await shownResult(page);
          await page.click('#timeline-table summary');
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        }));
    }

    test('text and letters stand out: contrast of 4.5 at least', () =>
      chromium.withPage(async (page) => {
        await page.emulateMedia({ colorScheme });
        await chromium.openSite(page);
        await page.setInputFiles('#file', data('speech/long.opus'));
        await shownResult(page);
        const poor = await page.evaluate(() => {
          /** @param {string} color */
          const rgb = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
          /** @param {number[]} channels */
          const luminance = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map((value) => {
              const share = value / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
          };
          /** @param {Element} node */
          const background = (node) => {
            for (let at = /** @type {Element | null} */ (node); at; at = at.parentElement) {
              const color = rgb(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color;
            }
            return [255, 255, 255];
          };
          const poor = [];
          for (const node of document.querySelectorAll('h1, h2, h3, p, li, th, td, caption, button, span, summary')) {
            const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent?.trim());
            if (!text || node.closest('[hidden], .visually-hidden, [data-emotion=uncertain]')) continue;
            const [a, b] = [luminance(rgb(getComputedStyle(node).color)), luminance(background(node))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 4.5) poor.push(`${node.textContent}: ${contrast.toFixed(2)}`);
          }
          return poor;
        });
        assert.deepEqual(poor, []);
      }));
  });
}

describe('without a mouse, without sight', () => {
  test('the controls are reached with Tab, in order, and have names', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.setInputFiles('#file', data('formats/angry.wav'));
      await shownResult(page);
      const stops = [];
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
      await page.keyboard.press('Enter');
      for (let i = 0; i < 5; i++) {
        await page.keyboard.press('Tab');
        stops.push(
          await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || 'SUMMARY'),
        );
      }
      assert.deepEqual(stops, ['record', 'file', 'SUMMARY', 'SUMMARY', 'play']);
      assert.equal(await page.getByLabel('Open files').count(), 1);
      assert.equal(await page.getByRole('status').count(), 1);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.equal(await page.getAttribute('html', 'lang'), 'en');
    }));

  test('the verdict is announced, and what is seen is a table or text as well', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.setInputFiles('#file', data('speech/long.opus'));
      await shownResult(page);
      const { votes } = await savedResult(page);
      assert.match(String(await page.getByRole('status').textContent()), /: Sounds .*agreement \d+%/);
      const rows = page.locator('#result .distribution tbody tr');
      assert.equal(await rows.count(), Object.keys(votes).length);
      for (const [label, count] of Object.entries(votes)) {
        const row = page.locator(`#result .distribution [data-label="${label}"]`);
        assert.equal(await row.locator('td').first().textContent(), String(count), label);
      }
    }));

  test('a file dropped on the page is analysed', () =>
    chromium.withPage(async (page) => {
      await chromium.openSite(page);
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['nothing to hear'], 'dropped.txt'));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
      });
      const { error, text } = await shownResult(page);
      assert.equal(error, 'undecodable');
      assert.match(text, /dropped\.txt/);
    }));
});
