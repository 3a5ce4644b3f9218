// SPDX-License-Identifier: MIT
//
// Takes the pictures in README.md: the built page with the verdict on a recording from tests/data, on a desk in the
// light, in a hand in the dark.

import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensure, findChromium, main, root } from '../../src/deps/setup.mjs';
import { build, site } from './build.mjs';
import { pageHeaders } from './policy.mjs';
import { serve } from './serve.mjs';

/** @type {{colorScheme: 'light' | 'dark', viewport: {width: number, height: number}}[]} */
const pictures = [
  { colorScheme: 'light', viewport: { width: 1280, height: 880 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 880 } },
];

await main(async () => {
  await build();
  await ensure({ chromium: true });
  const server = await serve(site, 0, pageHeaders());
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  for (const { colorScheme, viewport } of pictures) {
    const page = await browser.newPage({ colorScheme, viewport, locale: 'en' });
    await page.goto(server.url);
    await page.setInputFiles('#file', join(root, 'tests/data/speech/long.opus'));
    await page.waitForSelector('#result[data-state=done]');
    await page.focus('.strip');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
    await page.waitForTimeout(500); // until the waveform is drawn
    await page.screenshot({ path: join(root, `web/app/screenshot-${colorScheme}.png`) });
    await page.close();
  }
  await browser.close();
  await server.close();
});
