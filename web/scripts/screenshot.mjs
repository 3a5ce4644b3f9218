// SPDX-License-Identifier: MIT
//
// Takes web/app/screenshot.png: the built page with the verdict on a recording from tests/data.

import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensure, findChromium, main, root } from '../../src/deps/setup.mjs';
import { build, site } from './build.mjs';
import { pageHeaders } from './policy.mjs';
import { serve } from './serve.mjs';

await main(async () => {
  await build();
  await ensure({ chromium: true });
  const server = await serve(site, 0, pageHeaders());
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 960, height: 800 } });
  await page.goto(server.url);
  await page.setInputFiles('#file', join(root, 'tests/data/speech/long.opus'));
  const result = await page.waitForSelector('#result[data-state=done]');
  const { y, height } = (await result.boundingBox()) ?? { y: 0, height: 800 };
  const clip = { x: 0, y: 0, width: 960, height: Math.ceil(y + height + 16) };
  await page.screenshot({ path: join(root, 'web/app/screenshot.png'), clip, fullPage: true });
  await browser.close();
  await server.close();
});
