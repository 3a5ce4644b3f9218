// SPDX-License-Identifier: MIT
//
// Everything the page can show, narrow and wide, light and dark: axe finds no fault with it, and nothing sticks out. The
// pictures lie in build/pictures/ afterwards, for those who want to look.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browserTest } from './harness.js';
import { speakingMicrophone, walk } from './walk.js';

const chromium = browserTest(speakingMicrophone());
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = fileURLToPath(new URL('../../build/pictures/', import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** @typedef {{width: number, colorScheme: 'light' | 'dark'}} Look */

/** @type {Look[]} */
const looks = [390, 1280].flatMap((width) => [
  { width, colorScheme: 'light' },
  { width, colorScheme: 'dark' },
]);

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {Look} look
 * @returns {Promise<string[]>} what is wrong with it
 */
async function inspect(page, name, { width, colorScheme }) {
  if (page.viewportSize()?.width !== width) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForTimeout(250); // the waveform follows when the size has settled
  }
  await page.emulateMedia({ colorScheme });
  const { wide, violations } = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({ resultTypes: ['violations'] });
    return {
      wide: document.documentElement.scrollWidth,
      violations: violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
    };
  });
  await page.waitForSelector('.spectrogram:not([hidden]) canvas[hidden]', { state: 'detached' });
  if (wide > width) violations.push(`${wide} px wide`);
  await page.screenshot({ path: `${folder}${name}-${width}-${colorScheme}.png`, fullPage: true });
  return violations.map((text) => `${name}, ${width}, ${colorScheme}: ${text}`);
}

for (const [language, suffix, seen] of /** @type {const} */ ([
  ['en', '', looks],
  ['de', '-de', looks.slice(0, 1)],
  ['pl', '-pl', looks.slice(0, 1)],
])) {
  test(`every view, in ${language}`, () =>
    chromium.withPage(async (page) => {
      await page.addInitScript(axe);
      const faults = [];
      let order = [...seen];
      for await (const name of walk(page, `${chromium.url}site/?language=${language}`)) {
        for (const look of order) faults.push(...(await inspect(page, name + suffix, look)));
        order = order.toReversed(); // so that the width changes once
      }
      assert.deepEqual(faults, []);
    }));
}
